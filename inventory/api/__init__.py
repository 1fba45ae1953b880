"""The partner API for packs, inventories and shipping."""
