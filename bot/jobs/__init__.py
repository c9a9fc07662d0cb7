"""Started by the clock, and some of it by a person too: read, decide, render, deliver, record."""
