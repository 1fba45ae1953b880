"""Live sellbacks with a remote oracle or treasury: the steps, the clients and the reconciler."""
