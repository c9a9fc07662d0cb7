"""The way out to Slack and the way in: posts, checked blocks, sockets, errors in our names."""
