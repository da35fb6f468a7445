#include "relay/command/client.h"

#include <curl/curl.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/base/sign.h"
#include "relay/base/text.h"
#include "relay/command/kinds.h"

#define CLIENT_TIMEOUT_MS 30000L
#define CLIENT_CONNECT_MS 10000L

/* "sha256//BASE64" of the certificate's public key, as libcurl pins it. */
static char *
pin_of_certificate(const char *path, struct err *err)
{
	unsigned char *der = NULL, digest[32];
	char hex[SHA256_HEX_SIZE], *base64, *pin = NULL;
	X509 *certificate = NULL;
	FILE *file = fopen(path, "re");
	int len;

	if (!file) {
		err_errno(err, "cannot read %s", path);
		return NULL;
	}
	certificate = PEM_read_X509(file, NULL, NULL, NULL);
	fclose(file);
	len = certificate ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der) : -1;
	if (len > 0) {
		sha256_hex(der, (size_t)len, hex);
		if (hex_decode(hex, digest, sizeof digest) == 0) {
			base64 = base64_encode(digest, sizeof digest);
			pin = mem_fmt("sha256//%s", base64);
			free(base64);
		}
	}
	if (!pin)
		err_set(err, "%s holds no certificate", path);
	OPENSSL_free(der);
	X509_free(certificate);
	return pin;
}

static int
target_address(struct client_target *target, const char *address, const char *scheme,
               struct err *err)
{
	static const char *const everywhere[][2] = {
		{"0.0.0.0:", "127.0.0.1:"},
		{"[::]:", "[::1]:"},
		{"*:", "127.0.0.1:"},
	};
	const char *port = strrchr(address, ':');

	if (!port || !port[1])
		return err_set(err, "\"%s\" is not HOST:PORT", address);
	if (strspn(port + 1, "0") == strlen(port + 1))
		return err_set(err, "%s takes any free port: say which it is", address);
	for (size_t i = 0; i < COUNT(everywhere); i++) {
		size_t len = strlen(everywhere[i][0]);

		if (strncmp(address, everywhere[i][0], len) == 0) {
			target->base =
				mem_fmt("%s://%s%s", scheme, everywhere[i][1], address + len);
			return 0;
		}
	}
	target->base = mem_fmt("%s://%s", scheme, address);
	return 0;
}

int
client_target_init(struct client_target *target, const char *where, const struct conf_tls *tls,
                   struct err *err)
{
	const char *scheme = tls->certificate_file ? "https" : "http";

	*target = (struct client_target){.base = NULL};
	if (strncmp(where, "http://", 7) == 0 || strncmp(where, "https://", 8) == 0) {
		size_t len = strlen(where);

		if (!url_is_http(where))
			return err_set(err, "\"%s\" is not a URL", where);
		while (len > 0 && where[len - 1] == '/')
			len--;
		target->base = mem_strn(where, len);
		return 0;
	}
	if (strncmp(where, "unix:", 5) == 0) {
		target->socket_path = mem_str(where + 5);
		target->base = mem_fmt("%s://localhost", scheme);
	} else if (target_address(target, where, scheme, err) < 0) {
		return -1;
	}
	if (tls->certificate_file) {
		target->pin = pin_of_certificate(tls->certificate_file, err);
		if (!target->pin) {
			client_target_fini(target);
			return -1;
		}
	}
	return 0;
}

void
client_target_fini(struct client_target *target)
{
	free(target->base);
	free(target->socket_path);
	free(target->pin);
	*target = (struct client_target){.base = NULL};
}

static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	struct buf *answer = arg;

	if (answer->len + size * n > CLIENT_ANSWER_MAX)
		return 0; /* libcurl ends the transfer with a write error */
	buf_add(answer, data, size * n);
	return size * n;
}

static void
set_target(CURL *curl, const struct client_target *target, const char *path)
{
	char *url = mem_fmt("%s%s", target->base, path);

	curl_easy_setopt(curl, CURLOPT_URL, url);
	free(url);
	if (target->socket_path)
		curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, target->socket_path);
	if (target->pin) {
		/* The pin says more than a chain and a name could. */
		curl_easy_setopt(curl, CURLOPT_PINNEDPUBLICKEY, target->pin);
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CLIENT_CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, CLIENT_TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "driftbell/" DRIFTBELL_VERSION);
}

int
client_send(const struct client_target *target, const struct client_request *request,
            struct buf *answer, struct err *err)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
	CURL *curl = curl_easy_init();
	long status = 0;
	CURLcode code;

	if (!curl) {
		curl_slist_free_all(headers);
		return err_set(err, "libcurl cannot be started");
	}
	set_target(curl, target, request->path);
	for (size_t i = 0; request->headers && request->headers[i]; i++)
		headers = curl_slist_append(headers, request->headers[i]);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	if (request->body) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
	}
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	/* A body refused early: the answer came, then the connection went. */
	if (code != CURLE_OK && (code != CURLE_SEND_ERROR || status < 300))
		return err_set(err, "no answer from %s: %s",
		               target->socket_path ? target->socket_path : target->base,
		               curl_easy_strerror(code));
	return (int)status;
}

struct conf *
client_conf(const struct command_context *context)
{
	struct buf report = {0};
	struct conf *conf = NULL;

	if (conf_load_beside(&conf, context->config_path, &command_kinds, &report) < 0)
		fputs(buf_text(&report), stderr);
	buf_fini(&report);
	return conf;
}

void
client_print(const char *text, int width)
{
	char *clean = log_escape(text);
	size_t columns = utf8_count(clean);

	fputs(clean, stdout);
	for (; columns < (size_t)width; columns++)
		putchar(' ');
	free(clean);
}
