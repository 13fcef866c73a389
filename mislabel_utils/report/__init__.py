"""What the pages say and show: numbers for the prose, figures and their style."""
