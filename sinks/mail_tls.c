#include "sinks/mail_tls.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "relay/base/mem.h"

static struct mail_tls *
tls_of(const SSL *ssl)
{
	return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

static int
on_verify(int ok, X509_STORE_CTX *store)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());

	if (!ok)
		tls_of(ssl)->verify_error = X509_STORE_CTX_get_error(store);
	return ok;
}

/* The only moment at which libesmtp's SSL can be had before its handshake. */
static void
on_info(const SSL *ssl, int where, int value)
{
	struct mail_tls *tls = tls_of(ssl);

	if (where & SSL_CB_HANDSHAKE_START && !tls->is_address)
		SSL_set_tlsext_host_name((SSL *)ssl, tls->host);
	if (where & SSL_CB_READ && where & SSL_CB_ALERT && value >> 8 == SSL3_AL_FATAL)
		tls->alert = value & 0xff;
}

static int
trust(SSL_CTX *ctx, const struct mail_job *job, struct err *err)
{
	if (!job->ca_file && SSL_CTX_set_default_verify_paths(ctx) == 1)
		return 0;
	if (job->ca_file && SSL_CTX_load_verify_locations(ctx, job->ca_file, NULL) == 1)
		return 0;
	return err_set(err, "no certificate authorities can be read from %s",
	               job->ca_file ? job->ca_file : "the system's list");
}

int
mail_tls_open(struct mail_tls *tls, const struct mail_job *job, struct err *err)
{
	*tls = (struct mail_tls){.ctx = SSL_CTX_new(TLS_client_method()), .host = job->host};
	if (!tls->ctx)
		return err_set(err, "TLS cannot be set up");
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(tls->ctx);
	SSL_CTX_set_app_data(tls->ctx, tls);
	SSL_CTX_set_min_proto_version(tls->ctx, TLS1_2_VERSION);
	/* With 1.3 the server's session tickets wake libesmtp to read before it
	 * has sent its EHLO, and both sides wait: four in ten sessions. */
	SSL_CTX_set_max_proto_version(tls->ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(tls->ctx, SSL_VERIFY_PEER, on_verify);
	SSL_CTX_set_info_callback(tls->ctx, on_info);
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	tls->is_address = X509_VERIFY_PARAM_set1_ip_asc(param, job->host) == 1;
	if (!tls->is_address && X509_VERIFY_PARAM_set1_host(param, job->host, 0) != 1)
		return err_set(err, "%s cannot be a certificate's name", job->host);
	return trust(tls->ctx, job, err);
}

void
mail_tls_close(struct mail_tls *tls)
{
	SSL_CTX_free(tls->ctx);
	tls->ctx = NULL;
}

/* Nothing changes by itself where these came. */
static bool
is_lasting(int alert)
{
	static const int alerts[] = {
		SSL_AD_HANDSHAKE_FAILURE,
		SSL_AD_PROTOCOL_VERSION,
		SSL_AD_INSUFFICIENT_SECURITY,
		SSL_AD_UNRECOGNIZED_NAME,
	};

	for (size_t i = 0; i < COUNT(alerts); i++)
		if (alerts[i] == alert)
			return true;
	return false;
}

enum outcome
mail_tls_fault(const struct mail_tls *tls, struct err *why)
{
	unsigned long error = ERR_peek_error();
	const char *reason = ERR_reason_error_string(error);

	if (tls->verify_error) {
		err_set(why, "the certificate of %s: %s", tls->host,
		        X509_verify_cert_error_string(tls->verify_error));
		return OUTCOME_BLOCKED;
	}
	if (tls->alert == SSL_AD_PROTOCOL_VERSION) {
		err_set(why, "%s speaks no TLS 1.2 (if it speaks 1.3, set tls_min to it)",
		        tls->host);
		return OUTCOME_BLOCKED;
	}
	err_set(why, "TLS with %s failed: %s", tls->host,
	        tls->alert ? SSL_alert_desc_string_long(tls->alert)
	        : reason   ? reason
	                   : "the connection ended");
	return is_lasting(tls->alert) ? OUTCOME_BLOCKED : OUTCOME_RETRY;
}
