/* A self-signed certificate for localhost, in files of its own. */
#ifndef TESTS_SUPPORT_TRANSPORT_CERTIFICATE_H
#define TESTS_SUPPORT_TRANSPORT_CERTIFICATE_H

struct certificate {
	char path[64];
	char key_path[64];
};

void certificate_make(struct certificate *);

/* Removes the files. */
void certificate_remove(const struct certificate *);

#endif
