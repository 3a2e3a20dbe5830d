"""What the matcher reads of saved searches: their versions, and whom they alert."""
