"""Double opt-in: users confirm what they opted in to, by a link or by an SMS."""
