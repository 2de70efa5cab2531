"""What limits the tokens that a sequence may go on with."""
