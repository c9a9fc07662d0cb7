"""The apps that ours is measured beside, each in a process of its own."""
