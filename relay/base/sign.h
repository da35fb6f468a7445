/*
 * sign.h - HMAC, digests, hex, base64, sealing; over libcrypto.
 *
 * An hmac_key keeps a prepared EVP_MAC context, because fetching the algorithm
 * for each request costs more than the MAC itself.  An hmac_key belongs to one
 * thread at a time.
 */
#ifndef RELAY_BASE_SIGN_H
#define RELAY_BASE_SIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "relay/base/err.h"

enum digest { DIGEST_SHA256, DIGEST_SHA512 };
#define DIGEST_MAX 64

size_t digest_size(enum digest); /* 32 or 64 */

struct hmac_key;
/* The bytes are copied.  Never NULL. */
struct hmac_key *hmac_key_new(enum digest, const void *secret, size_t len);
void hmac_key_free(struct hmac_key *);
void hmac_compute(struct hmac_key *, const void *data, size_t len, unsigned char out[DIGEST_MAX]);

/*
 * True when hex is exactly the MAC of data under key, in either case.  The
 * comparison takes the same time wherever the difference is.  NULL, "" and
 * every malformed hex are false.
 */
bool hmac_verify_hex(struct hmac_key *, const void *data, size_t len, const char *hex);

#define SHA256_HEX_SIZE 65
void sha256_hex(const void *, size_t, char out[SHA256_HEX_SIZE]);

void hex_encode(const unsigned char *, size_t, char *out); /* out: 2 * n + 1 */
/* -1 when not hex, or not exactly out_len bytes. */
int hex_decode(const char *, unsigned char *out, size_t out_len) MUST_CHECK;

char *base64_encode(const void *, size_t); /* caller frees */
/* Strict alphabet, padding optional; NULL when malformed.  Caller frees. */
unsigned char *base64_decode(const char *, size_t *len);

void random_bytes(void *, size_t); /* dies when the system has none */
bool equal_constant_time(const void *, const void *, size_t);

/*
 * Keep a small secret at rest: AES-256-GCM under a key derived from `key`
 * with HMAC-SHA-256 over `label`.  seal returns base64 text the caller frees;
 * open returns NULL when the key is another or the text was touched.
 */
char *seal_text(const char *key, const char *label, const char *plain);
char *seal_open(const char *key, const char *label, const char *sealed);

#endif
