"""Started by Slack: acknowledge, parse, do one thing, answer. One module per feature."""
