"""How well faults in monthly use are found: made-up sites with known faults, and the score of a finder on them."""
