"""The portal's database backend, which kills its process before or after a commit when it is told to."""
