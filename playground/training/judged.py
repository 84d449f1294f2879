"""How many digits curves are measured on; plain Python, for pages say it too."""

JUDGED = 256  # of each split: its first ones, stratified as every prefix is
