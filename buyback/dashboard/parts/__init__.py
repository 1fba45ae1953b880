"""Parts of several dashboard pages: filters, totals, timelines."""
