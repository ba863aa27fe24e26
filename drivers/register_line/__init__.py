"""Lines on which cash registers speak nexo: serial in two framings, TCP, and TCP with TLS."""
