"""Dashboard pages about money: held items, selling back, sellbacks, payouts and statements."""
