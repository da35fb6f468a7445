/* The sealing functions of sign.h. */
#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/sign.h"

/* A sealed text is base64 of: nonce, ciphertext, tag. */
#define NONCE_SIZE 12
#define TAG_SIZE 16

static void
derive(const char *key, const char *label, unsigned char out[DIGEST_MAX])
{
	struct hmac_key *hmac = hmac_key_new(DIGEST_SHA256, key, strlen(key));

	hmac_compute(hmac, label, strlen(label), out);
	hmac_key_free(hmac);
}

static EVP_CIPHER_CTX *
cipher_new(const char *key, const char *label, const unsigned char *nonce, int encrypt)
{
	unsigned char derived[DIGEST_MAX];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	derive(key, label, derived);
	if (ctx == NULL ||
	    EVP_CipherInit_ex2(ctx, EVP_aes_256_gcm(), derived, nonce, encrypt, NULL) != 1)
		mem_die("libcrypto cannot do its work");
	explicit_bzero(derived, sizeof(derived));
	return ctx;
}

char *
seal_text(const char *key, const char *label, const char *plain)
{
	size_t len = strlen(plain);
	size_t total = NONCE_SIZE + len + TAG_SIZE;
	int written, last;

	if (len > INT_MAX / 2)
		mem_die("a secret is too long to be sealed");

	unsigned char *sealed = mem_alloc(total);
	unsigned char *tag = sealed + NONCE_SIZE + len;
	random_bytes(sealed, NONCE_SIZE);

	EVP_CIPHER_CTX *ctx = cipher_new(key, label, sealed, 1);
	if (EVP_EncryptUpdate(ctx, sealed + NONCE_SIZE, &written, (const unsigned char *)plain,
	                      (int)len) != 1 ||
	    EVP_EncryptFinal_ex(ctx, sealed + NONCE_SIZE + written, &last) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, tag) != 1)
		mem_die("libcrypto cannot do its work");
	EVP_CIPHER_CTX_free(ctx);

	char *text = base64_encode(sealed, total);
	free(sealed);
	return text;
}

/* NULL unless the tag at the end is the one of these bytes. */
static char *
decrypt(EVP_CIPHER_CTX *ctx, unsigned char *bytes, size_t len)
{
	char *plain = mem_alloc(len + 1);
	unsigned char *out = (unsigned char *)plain;
	int written, last;

	if (EVP_DecryptUpdate(ctx, out, &written, bytes, (int)len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, bytes + len) == 1 &&
	    EVP_DecryptFinal_ex(ctx, out + written, &last) == 1)
		return plain;
	mem_wipe_free(plain, len);
	return NULL;
}

char *
seal_open(const char *key, const char *label, const char *sealed)
{
	size_t total;
	unsigned char *bytes = base64_decode(sealed, &total);
	char *plain = NULL;

	if (bytes == NULL)
		return NULL;
	if (total >= NONCE_SIZE + TAG_SIZE && total <= INT_MAX) {
		EVP_CIPHER_CTX *ctx = cipher_new(key, label, bytes, 0);

		plain = decrypt(ctx, bytes + NONCE_SIZE, total - NONCE_SIZE - TAG_SIZE);
		EVP_CIPHER_CTX_free(ctx);
	}
	free(bytes);
	return plain;
}
