"""A local Slack that is as strict as the real one, for trying things out and for the tests."""
