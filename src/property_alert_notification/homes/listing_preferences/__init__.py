"""What users think of single listings: favourites, and homes of which they never want to hear again."""
