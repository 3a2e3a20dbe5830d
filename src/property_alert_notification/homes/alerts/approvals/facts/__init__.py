"""The facts that alerts tell if they are approved: until then the told ledger does not have them."""
