"""What measurements come to: a verdict in sentences, and a page that one sends to a colleague."""
