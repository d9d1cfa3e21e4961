"""What builds, starts and checks the product; nothing of it is needed by the running product."""
