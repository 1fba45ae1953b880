"""Hand-written versions of the sellback, without a framework, for comparison."""
