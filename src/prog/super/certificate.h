/* The certificate that super hands to the fronts: the settings' own, or a self-signed one that it makes. */
#ifndef PROG_SUPER_CERTIFICATE_H
#define PROG_SUPER_CERTIFICATE_H

#include "base/buf.h"
#include "base/why.h"
#include "conf/settings.h"
#include "net/tls.h"

struct certificate {
	struct buf chain, key; /* PEM */
	int64_t expires;       /* seconds since 1970 */
	bool self_signed;
	struct tls_tickets tickets; /* drawn anew with each loading */
};

/* Reads and checks it; makes data_dir/tls/cert.pem and key.pem when none is set and none is there. FAIL_CONFIG and others with one
 * sentence that names file and remedy. On success the old content of `out` (initialised, or zeroed) is gone; on failure untouched. */
FAILS certificate_load(const struct settings *s, const char *hostname, struct certificate *out, struct why *w);
/* Another self-signed one in the place of that in data_dir/tls, which cannot be used: its files stay beside as cert.pem.damaged and
 * key.pem.damaged. */
FAILS certificate_make_anew(const struct settings *s, const char *hostname, struct certificate *out, struct why *w);
void certificate_fini(struct certificate *c);

#endif
