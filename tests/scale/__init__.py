"""Nothing may read a large table whole: a shop of many rows, and the plan of every statement."""
