"""What every admin page is built from."""
