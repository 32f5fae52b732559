// The stand-in for the libraries beside the client, and for libaio: they are there, and that is all.
int standin_other(void) { return 0; }
