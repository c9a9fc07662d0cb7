"""`make bench`: what is fast, measured beside what it stands next to, and never asserted."""
