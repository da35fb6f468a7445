#include "relay/source/source.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/mem.h"
#include "relay/source/parts.h"

#define SHA512_DIGITS 128
#define SHA256_DIGITS 64
#define IDENTITY_ROOM 512 /* most fit */

const struct source_kind *const source_kinds[] = {
	&source_hcp_terraform,
	&source_hcp_packer,
	&source_hcp_run_task,
	NULL,
};

const struct key_kind *const source_conf_kinds[] = {
	&source_hcp_terraform.conf,
	&source_hcp_packer.conf,
	&source_hcp_run_task.conf,
	NULL,
};

const struct source_kind *
source_kind_named(const char *name)
{
	for (size_t i = 0; name != NULL && source_kinds[i] != NULL; i++)
		if (strcmp(source_kinds[i]->conf.name, name) == 0)
			return source_kinds[i];
	return NULL;
}

struct verifier {
	bool sha256_too;
	size_t count;
	struct hmac_key **sha512; /* count of them */
	struct hmac_key **sha256; /* the same secrets; NULL unless sha256_too */
};

struct verifier *
verifier_new(const struct source_kind *kind, const struct secret *keys)
{
	struct verifier *v = mem_alloc(sizeof(*v));

	v->sha256_too = kind->sha256_too;
	v->sha512 = mem_array(keys->count, sizeof(struct hmac_key *));
	if (v->sha256_too)
		v->sha256 = mem_array(keys->count, sizeof(struct hmac_key *));
	for (size_t i = 0; i < keys->count; i++) {
		const char *value = keys->values[i];

		/* Anybody can sign with an empty key. */
		if (value == NULL || value[0] == '\0')
			continue;
		v->sha512[v->count] = hmac_key_new(DIGEST_SHA512, value, strlen(value));
		if (v->sha256_too)
			v->sha256[v->count] = hmac_key_new(DIGEST_SHA256, value, strlen(value));
		v->count++;
	}
	return v;
}

void
verifier_free(struct verifier *v)
{
	if (v == NULL)
		return;
	for (size_t i = 0; i < v->count; i++) {
		hmac_key_free(v->sha512[i]);
		if (v->sha256_too)
			hmac_key_free(v->sha256[i]);
	}
	free(v->sha512);
	free(v->sha256);
	free(v);
}

bool
verifier_accepts(struct verifier *v, const char *header_value, const void *body, size_t len)
{
	size_t digits = header_value ? strlen(header_value) : 0;
	struct hmac_key **keys = NULL;
	bool accepted = false;

	if (digits == SHA512_DIGITS)
		keys = v->sha512;
	else if (digits == SHA256_DIGITS)
		keys = v->sha256;
	/* All keys are tried, so that the time does not tell which one fits. */
	for (size_t i = 0; keys != NULL && i < v->count; i++)
		accepted |= hmac_verify_hex(keys[i], body, len, header_value);
	return accepted;
}

void
verifier_sign(struct verifier *v, const void *body, size_t len, char out[129])
{
	unsigned char mac[DIGEST_MAX];

	out[0] = '\0';
	if (v->count == 0)
		return;
	hmac_compute(v->sha512[0], body, len, mac);
	hex_encode(mac, digest_size(DIGEST_SHA512), out);
}

void
event_key(const struct source_kind *kind, const struct json_picks *picks, const void *body,
          size_t len, char out[EVENT_KEY_SIZE])
{
	char digest[SHA256_HEX_SIZE];
	struct buf text = {0};

	/* The middle word keeps a body apart from an identity that reads the same. */
	buf_reserve(&text, IDENTITY_ROOM);
	buf_puts(&text, kind->conf.name);
	buf_puts(&text, "\nidentity\n");
	if (picks == NULL || !kind->identity(picks, &text)) {
		buf_reset(&text);
		buf_puts(&text, kind->conf.name);
		buf_puts(&text, "\nbody\n");
		buf_add(&text, body, len);
	}
	sha256_hex(text.data, text.len, digest);
	memcpy(out, digest, EVENT_KEY_SIZE - 1);
	out[EVENT_KEY_SIZE - 1] = '\0';
	buf_fini(&text);
}
