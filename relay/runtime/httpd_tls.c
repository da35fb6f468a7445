#include <openssl/err.h>

#include "relay/runtime/httpd_internal.h"

static int
tls_fault(struct err *err, const char *what, const char *file)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	err_set(err, "%s %s: %s", what, file, reason ? reason : "cannot be used");
	ERR_clear_error();
	return -1;
}

/* Nobody is there to be asked for the passphrase of a key. */
static int
no_passphrase(char *out, int size, int for_writing, void *arg)
{
	(void)out;
	(void)size;
	(void)for_writing;
	(void)arg;
	return -1;
}

int
httpd_tls_new(SSL_CTX **out, const struct httpd_options *options, struct err *err)
{
	SSL_CTX *ctx;

	ERR_clear_error();
	ctx = SSL_CTX_new(TLS_server_method());
	if (!ctx)
		return tls_fault(err, "TLS", "set-up");
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	/* A renegotiation would make evhttp read in the middle of an answer. */
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);

	if (SSL_CTX_use_certificate_chain_file(ctx, options->certificate_file) != 1) {
		tls_fault(err, "certificate", options->certificate_file);
		goto fail;
	}
	if (SSL_CTX_use_PrivateKey_file(ctx, options->key_file, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1) {
		tls_fault(err, "key", options->key_file);
		goto fail;
	}
	*out = ctx;
	return 0;
fail:
	SSL_CTX_free(ctx);
	return -1;
}

int
httpd_check_tls(const struct httpd_options *options, struct err *err)
{
	SSL_CTX *ctx;

	if (httpd_tls_new(&ctx, options, err) != 0)
		return -1;
	SSL_CTX_free(ctx);
	return 0;
}
