/* While a server's large mailbox is filled, before anything is measured: a disk that need not be waited for. Preloaded into Cyrus, which has no
 * setting for it; never while something is measured. */
#include <unistd.h>

int fsync(int fd)
{
	(void)fd;
	return 0;
}

int fdatasync(int fd)
{
	(void)fd;
	return 0;
}
