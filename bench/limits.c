/* What this machine can do at best, for the column "of the limit": synced appends to a file of DIRECTORY, copies in memory,
 * TLS records, TLS handshakes of a server. Each is measured in this process for SECONDS and printed as one line of JSON:
 *
 *     bench-limits DIRECTORY SECONDS RSA-CERT RSA-KEY ECDSA-CERT ECDSA-KEY
 */
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

enum { MESSAGE = 5 << 10, RECORD = 16 << 10, COPY = 64 << 20 };

NORETURN static void die(const char *what)
{
	fprintf(stderr, "limits: %s: %m\n", what);
	exit(1);
}

static double seconds_since(int64_t us)
{
	return (double)(clock_mono_us() - us) / 1e6;
}

/* Synced groups of `messages` messages a second. */
static double sync_rate(const char *directory, unsigned messages, double seconds)
{
	char path[4096];
	if (snprintf(path, sizeof path, "%s/limit-XXXXXX", directory) >= (int)sizeof path)
		die("path");
	int fd = mkstemp(path);
	if (fd < 0)
		die(path);
	unlink(path);
	size_t n = (size_t)messages * MESSAGE;
	char *bytes = memory_new(n);
	unsigned groups = 0;
	int64_t began = clock_mono_us();
	for (; seconds_since(began) < seconds; groups++)
		if (write(fd, bytes, n) != (ssize_t)n || fdatasync(fd))
			die("fdatasync");
	double rate = groups / seconds_since(began);
	free(bytes);
	close(fd);
	return rate;
}

/* Bytes a second of memcpy between areas that fit no cache. */
static double copy_rate(double seconds)
{
	char *from = memory_new(COPY), *to = memory_new(COPY);
	memset(from, 1, COPY);
	memset(to, 2, COPY);
	uint64_t bytes = 0;
	int64_t began = clock_mono_us();
	while (seconds_since(began) < seconds) {
		memcpy(to, from, COPY);
		__asm__ volatile("" : : "r"(to) : "memory");
		bytes += COPY;
	}
	double rate = (double)bytes / seconds_since(began);
	free(from);
	free(to);
	return rate;
}

struct pair {
	SSL *server, *client;
};

/* Two ends in memory. */
static struct pair pair_new(SSL_CTX *server, SSL_CTX *client)
{
	struct pair p = {SSL_new(server), SSL_new(client)};
	BIO *a, *b;
	if (!p.server || !p.client || !BIO_new_bio_pair(&a, 1 << 16, &b, 1 << 16))
		die("SSL_new");
	SSL_set_bio(p.server, a, a);
	SSL_set_bio(p.client, b, b);
	SSL_set_accept_state(p.server);
	SSL_set_connect_state(p.client);
	return p;
}

static void pair_free(struct pair p)
{
	SSL_free(p.server);
	SSL_free(p.client);
}

/* Shakes hands; the microseconds that the server's side took. */
static int64_t shake(struct pair p)
{
	int64_t spent = 0;
	while (!SSL_is_init_finished(p.server) || !SSL_is_init_finished(p.client)) {
		SSL_do_handshake(p.client);
		int64_t began = clock_mono_us();
		SSL_do_handshake(p.server);
		spent += clock_mono_us() - began;
	}
	return spent;
}

static SSL_CTX *server_context(const char *cert, const char *key)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	if (!ctx || SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
		SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		die(cert);
	return ctx;
}

/* Full handshakes a second of one processor that does only the server's part. */
static double handshake_rate(SSL_CTX *server, SSL_CTX *client, double seconds)
{
	int64_t began = clock_mono_us(), spent = 0;
	unsigned n = 0;
	for (; seconds_since(began) < seconds; n++) {
		struct pair p = pair_new(server, client);
		spent += shake(p);
		pair_free(p);
	}
	return n / ((double)spent / 1e6);
}

/* Bytes a second that one processor puts into TLS records. */
static double record_rate(SSL_CTX *server, SSL_CTX *client, double seconds)
{
	static char bytes[RECORD];
	struct pair p = pair_new(server, client);
	shake(p);
	int64_t began = clock_mono_us(), spent = 0;
	uint64_t total = 0;
	while (seconds_since(began) < seconds) {
		int64_t before = clock_mono_us();
		if (SSL_write(p.server, bytes, RECORD) != RECORD)
			die("SSL_write");
		spent += clock_mono_us() - before;
		total += RECORD;
		while (SSL_read(p.client, bytes, RECORD) > 0)
			;
	}
	pair_free(p);
	return (double)total / ((double)spent / 1e6);
}

int main(int argc, char **argv)
{
	if (argc != 7)
		die("usage: bench-limits DIRECTORY SECONDS RSA-CERT RSA-KEY ECDSA-CERT ECDSA-KEY");
	double seconds = strtod(argv[2], NULL);
	SSL_CTX *rsa = server_context(argv[3], argv[4]), *ecdsa = server_context(argv[5], argv[6]);
	SSL_CTX *client = SSL_CTX_new(TLS_client_method());
	printf("{\"sync_1\": %.1f, \"sync_8\": %.1f, \"sync_64\": %.1f, ", sync_rate(argv[1], 1, seconds),
		sync_rate(argv[1], 8, seconds), sync_rate(argv[1], 64, seconds));
	printf("\"copy\": %.0f, \"record\": %.0f, ", copy_rate(seconds), record_rate(rsa, client, seconds));
	printf("\"handshake_rsa\": %.1f, \"handshake_ecdsa\": %.1f}\n", handshake_rate(rsa, client, seconds),
		handshake_rate(ecdsa, client, seconds));
	SSL_CTX_free(rsa);
	SSL_CTX_free(ecdsa);
	SSL_CTX_free(client);
	return 0;
}
