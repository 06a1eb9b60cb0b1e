"""What a model does to groups of applicants: rates by group, what tells of a group, and fairer models of like worth."""
