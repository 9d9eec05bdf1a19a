"""What placing an order costs, as ratios within one run. Nothing is measured here yet."""
