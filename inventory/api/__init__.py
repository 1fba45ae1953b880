"""The partner API's door to packs, inventories and shipping."""
