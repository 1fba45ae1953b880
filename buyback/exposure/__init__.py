"""What open windows would cost, and what was paid, as snapshots."""
