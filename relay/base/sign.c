#include "relay/base/sign.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"

static const struct {
	char name[sizeof("SHA256")];
	size_t size;
} digests[] = {
	[DIGEST_SHA256] = {"SHA256", 32},
	[DIGEST_SHA512] = {"SHA512", 64},
};

struct hmac_key {
	EVP_MAC_CTX *ctx; /* holds the key; started anew for each computation */
	size_t size;
};

/* libcrypto fails here only without memory or without its own providers. */
static void
must(bool done)
{
	if (!done)
		mem_die("libcrypto cannot do its work");
}

size_t
digest_size(enum digest digest)
{
	return digests[digest].size;
}

struct hmac_key *
hmac_key_new(enum digest digest, const void *secret, size_t len)
{
	struct hmac_key *key = mem_alloc(sizeof(*key));
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	char name[sizeof("SHA256")]; /* OSSL_PARAM takes no const */

	memcpy(name, digests[digest].name, sizeof(name));
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
		OSSL_PARAM_construct_end(),
	};
	must(mac != NULL);
	key->ctx = EVP_MAC_CTX_new(mac);
	key->size = digests[digest].size;
	must(key->ctx != NULL);
	/* An empty key is a key; NULL would mean "the one from before". */
	must(EVP_MAC_init(key->ctx, len > 0 ? secret : (const void *)"", len, params) == 1);
	EVP_MAC_free(mac); /* the context keeps its own reference */
	return key;
}

void
hmac_key_free(struct hmac_key *key)
{
	if (key == NULL)
		return;
	EVP_MAC_CTX_free(key->ctx); /* wipes its copy of the secret */
	free(key);
}

void
hmac_compute(struct hmac_key *key, const void *data, size_t len, unsigned char out[DIGEST_MAX])
{
	size_t written;

	must(EVP_MAC_init(key->ctx, NULL, 0, NULL) == 1);
	must(EVP_MAC_update(key->ctx, data, len) == 1);
	must(EVP_MAC_final(key->ctx, out, &written, DIGEST_MAX) == 1);
}

bool
hmac_verify_hex(struct hmac_key *key, const void *data, size_t len, const char *hex)
{
	unsigned char said[DIGEST_MAX];
	unsigned char is[DIGEST_MAX];

	if (hex == NULL || hex_decode(hex, said, key->size) < 0)
		return false;
	hmac_compute(key, data, len, is);
	return equal_constant_time(said, is, key->size);
}

static EVP_MD *sha256;

static void
fetch_sha256(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	must(sha256 != NULL);
}

void
sha256_hex(const void *data, size_t len, char out[SHA256_HEX_SIZE])
{
	/* Fetched once for the process: each look-up of an algorithm costs as much as a digest. */
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	unsigned char digest[32];

	pthread_once(&once, fetch_sha256);
	must(EVP_Digest(data, len, digest, NULL, sha256, NULL) == 1);
	hex_encode(digest, sizeof(digest), out);
}

void
hex_encode(const unsigned char *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
}

/* By table: a digit is a number or a letter at random, which branches guess badly. */
static int
hex_value(char c)
{
	static const unsigned char one_more[256] = {
		['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
		['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
		['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
		['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
	};

	return one_more[(unsigned char)c] - 1;
}

int
hex_decode(const char *text, unsigned char *out, size_t out_len)
{
	for (size_t i = 0; i < out_len; i++, text += 2) {
		int high = hex_value(text[0]);
		int low = high < 0 ? -1 : hex_value(text[1]);

		if (low < 0)
			return -1;
		out[i] = (unsigned char)(high << 4 | low);
	}
	return *text == '\0' ? 0 : -1;
}

void
random_bytes(void *out, size_t len)
{
	unsigned char *at = out;

	for (size_t part; len > 0; at += part, len -= part) {
		part = len < 4096 ? len : 4096; /* RAND_bytes() counts in int */
		if (RAND_bytes(at, (int)part) != 1)
			mem_die("the system has no random bytes");
	}
}

bool
equal_constant_time(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}
