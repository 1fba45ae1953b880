"""What several pages of the dashboard show: filters, totals, the story of a sellback."""
