// The stand-in for the other libraries of the client and for libaio. Its only function does nothing.
int standin_other(void) { return 0; }
