"""Pure: figures in, a Message of text and blocks out. One module per feature."""
