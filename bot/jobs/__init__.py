"""Started by the clock: read, decide, render, deliver, record."""
