/* The functions without a handle, with normal, odd and NULL arguments. Prints what is wrong; exits with 1 then. */

#define _POSIX_C_SOURCE 200112L /* setenv */

#include <stdlib.h>
#include <string.h>
#include <curl/curl.h>

static int failures;

#define CHECK(condition) check((condition) != 0, #condition, __LINE__)

static void check(int is_true, const char *condition, int line)
{
  if(!is_true) {
    printf("line %d: %s\n", line, condition);
    failures++;
  }
}

/* Whether a string is what was wanted; both may be NULL. Frees it. */
static int text_is(char *text, const char *wanted)
{
  int same = text && wanted ? !strcmp(text, wanted) : text == wanted;
  if(!same)
    printf("\"%s\" in place of \"%s\"\n", text ? text : "NULL", wanted ? wanted : "NULL");
  curl_free(text);
  return same;
}

static void strings(void)
{
  CHECK(curl_strequal("Sec-WebSocket-Key", "sec-websocket-key"));
  CHECK(!curl_strequal("a", "ab") && !curl_strequal("a", NULL) && !curl_strequal(NULL, ""));
  CHECK(curl_strequal(NULL, NULL));
  CHECK(curl_strnequal("abX", "ABy", 2) && !curl_strnequal("abX", "ABy", 3) && curl_strnequal("a", "b", 0));
  CHECK(curl_strnequal(NULL, NULL, 1) && !curl_strnequal(NULL, NULL, 0) && !curl_strnequal("", NULL, 5));

  CHECK(text_is(curl_easy_escape(NULL, "a b&\xff~", 0), "a%20b%26%FF~"));
  CHECK(text_is(curl_easy_escape(NULL, "abc", 2), "ab"));
  CHECK(text_is(curl_easy_escape(NULL, "", 0), ""));
  CHECK(text_is(curl_escape("a\0b", 3), "a%00b"));
  CHECK(text_is(curl_escape(NULL, 0), NULL) && text_is(curl_escape("a", -1), NULL));
  CHECK(text_is(curl_unescape("a%20b%2", 0), "a b%2"));
  CHECK(text_is(curl_unescape(NULL, 7), NULL) && text_is(curl_unescape("a", -7), NULL));

  CHECK(setenv("WSCURL_TEST", "value", 1) == 0 && text_is(curl_getenv("WSCURL_TEST"), "value"));
  CHECK(unsetenv("WSCURL_TEST") == 0 && text_is(curl_getenv("WSCURL_TEST"), NULL));
  CHECK(text_is(curl_getenv(NULL), NULL));
  curl_free(NULL);
}

static void decoded_length(void)
{
  int length = -1;
  char *text = curl_easy_unescape(NULL, "%00%41%00", 0, &length);
  CHECK(text && length == 3 && !memcmp(text, "\0A\0", 4));
  curl_free(text);
}

static void lists(void)
{
  struct curl_slist *list = curl_slist_append(NULL, "a");
  CHECK(list && !strcmp(list->data, "a") && !list->next);
  CHECK(curl_slist_append(list, "b") == list && list->next && !strcmp(list->next->data, "b"));
  CHECK(!curl_slist_append(list, NULL) && !list->next->next);
  curl_slist_free_all(list);
  curl_slist_free_all(NULL);
}

static void codes(void)
{
  int code;
  for(code = -2; code < 200; code++) {
    CHECK(curl_easy_strerror((CURLcode)code) && *curl_easy_strerror((CURLcode)code));
    CHECK(curl_multi_strerror((CURLMcode)code) && *curl_multi_strerror((CURLMcode)code));
    CHECK(curl_share_strerror((CURLSHcode)code) && *curl_share_strerror((CURLSHcode)code));
    CHECK(curl_url_strerror((CURLUcode)code) && *curl_url_strerror((CURLUcode)code));
  }
}

static void dates(void)
{
  time_t now = 0;
  CHECK(curl_getdate("Sun, 06 Nov 1994 08:49:37 GMT", NULL) == 784111777);
  CHECK(curl_getdate("20040911 +0200", &now) == 1094853600);
  CHECK(curl_getdate("1 Jan 1970", NULL) == 0);
  CHECK(curl_getdate("", NULL) == -1 && curl_getdate("never", NULL) == -1 && curl_getdate(NULL, NULL) == -1);
}

static void version(void)
{
  const char *line = curl_version();
  int age;
  CHECK(!strncmp(line, "libcurl/" LIBCURL_VERSION " wscurl/" WSCURL_VERSION " rustls/", 20));
  CHECK(strstr(line, "wscurl/" WSCURL_VERSION) && line == curl_version());
  for(age = 0; age <= CURLVERSION_LAST; age++) {
    const curl_version_info_data *info = curl_version_info((CURLversion)age);
    size_t i;
    CHECK(info->age == CURLVERSION_NOW && info->version_num == LIBCURL_VERSION_NUM);
    CHECK(!strcmp(info->version, LIBCURL_VERSION) && strstr(info->host, "linux"));
    CHECK(!strncmp(info->ssl_version, "rustls/", 7) && info->ssl_version_num == 0);
    CHECK(!strcmp(info->protocols[0], "ws") && !strcmp(info->protocols[1], "wss") && !info->protocols[2]);
    CHECK((info->features & CURL_VERSION_SSL) && (info->features & CURL_VERSION_THREADSAFE));
    CHECK(!(info->features & (CURL_VERSION_LIBZ | CURL_VERSION_HTTP2)) && !info->libz_version);
    for(i = 1; info->feature_names[i]; i++)
      CHECK(!curl_strequal(info->feature_names[i - 1], info->feature_names[i]));
  }
}

/* The forms for a function that has a `va_list` itself. */
static void printing_list(const char *format, ...)
{
  char buffer[8];
  va_list args;
  va_start(args, format);
  CHECK(text_is(curl_mvaprintf(format, args), "7"));
  va_end(args);
  va_start(args, format);
  CHECK(curl_mvsprintf(buffer, format, args) == 1 && !strcmp(buffer, "7"));
  va_end(args);
  va_start(args, format);
  CHECK(curl_mvsnprintf(buffer, 1, format, args) == 0 && !*buffer);
  va_end(args);
  va_start(args, format);
  CHECK(curl_mvsnprintf(NULL, 0, format, args) == 0);
  va_end(args);
  va_start(args, format);
  CHECK(curl_mvprintf("", args) == 0 && curl_mvfprintf(stdout, "", args) == 0);
  va_end(args);
}

static void printing(void)
{
  char buffer[8];
  CHECK(text_is(curl_maprintf("%s-%05d-%" CURL_FORMAT_CURL_OFF_T, "a", 7, (curl_off_t)1 << 40), "a-00007-1099511627776"));
  CHECK(text_is(curl_maprintf("%s", ""), ""));
  CHECK(curl_msnprintf(buffer, sizeof(buffer), "%d", 123) == 3 && !strcmp(buffer, "123"));
  CHECK(curl_msnprintf(buffer, sizeof(buffer), "%s", "0123456789") == 7 && !strcmp(buffer, "0123456"));
  CHECK(curl_msnprintf(buffer, 1, "%s", "a") == 0 && !*buffer);
  CHECK(curl_msnprintf(NULL, 0, "%s", "a") == 0);
  CHECK(curl_msprintf(buffer, "%c%%", 'x') == 2 && !strcmp(buffer, "x%"));
  CHECK(curl_mprintf("%s", "") == 0 && curl_mfprintf(stdout, "%s", "") == 0);
  printing_list("%d", 7);
}

static void options(void)
{
  CHECK(curl_easy_option_by_name("url")->id == CURLOPT_URL);
  CHECK(!curl_easy_option_by_name(NULL) && !curl_easy_option_by_name("CURLOPT_URL"));
  CHECK(!strcmp(curl_easy_option_next(NULL)->name, "ABSTRACT_UNIX_SOCKET"));
  CHECK(!curl_easy_option_by_id((CURLoption)0) && !curl_easy_option_by_id((CURLoption)-1));
}

static void tls_library(void)
{
  const curl_ssl_backend **list = NULL;
  CHECK(curl_global_sslset(CURLSSLBACKEND_RUSTLS, NULL, &list) == CURLSSLSET_OK);
  CHECK(list && list[0]->id == CURLSSLBACKEND_RUSTLS && !strcmp(list[0]->name, "rustls") && !list[1]);
  CHECK(curl_global_sslset(CURLSSLBACKEND_OPENSSL, "OpenSSL", NULL) == CURLSSLSET_UNKNOWN_BACKEND);
  CHECK(curl_global_sslset((curl_sslbackend)-1, "RUSTLS", NULL) == CURLSSLSET_OK);
}

static long taken, given;

static void *count_malloc(size_t size)
{
  taken++;
  return malloc(size);
}

static void count_free(void *pointer)
{
  given += pointer != NULL;
  free(pointer);
}

static char *count_strdup(const char *text)
{
  char *copy = count_malloc(strlen(text) + 1);
  return copy ? strcpy(copy, text) : NULL;
}

static void *count_calloc(size_t count, size_t size)
{
  taken++;
  return calloc(count, size);
}

static void memory(void)
{
  struct curl_slist *list;
  CHECK(curl_global_init_mem(CURL_GLOBAL_ALL, NULL, free, realloc, count_strdup, calloc) == CURLE_FAILED_INIT);
  CHECK(curl_global_init_mem(CURL_GLOBAL_ALL, count_malloc, count_free, realloc, count_strdup, count_calloc) == CURLE_OK);
  CHECK(curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK);
  CHECK(text_is(curl_escape(" ", 0), "%20") && taken == 1 && given == 1);
  CHECK(text_is(curl_maprintf("%d", 1), "1") && taken == 2 && given == 2);
  list = curl_slist_append(NULL, "a");
  curl_global_cleanup();
  curl_global_cleanup();
  curl_slist_free_all(list);
  CHECK(taken == given);
  curl_global_cleanup();
  CHECK(curl_global_init(CURL_GLOBAL_NOTHING) == CURLE_OK);
  taken = 0;
  CHECK(text_is(curl_escape(" ", 0), "%20") && taken == 0);
  CHECK(curl_global_trace("all,-ws") == CURLE_OK && curl_global_trace(NULL) == CURLE_OK);
  curl_global_cleanup();
}

/* A URL handle: NULL in every place, and after its end. */
static void misused_url(void)
{
  CURLU *url = curl_url();
  char *text = NULL;
  CHECK(url && curl_url_set(url, CURLUPART_URL, "ws://a", 0) == CURLUE_OK);
  CHECK(curl_url_get(url, CURLUPART_URL, NULL, 0) == CURLUE_BAD_PARTPOINTER);
  CHECK(curl_url_set(url, (CURLUPart)99, NULL, 0) == CURLUE_UNKNOWN_PART);
  CHECK(curl_url_set(url, CURLUPART_HOST, NULL, 0) == CURLUE_OK);
  CHECK(curl_url_get(url, CURLUPART_URL, &text, ~0u) == CURLUE_NO_HOST && !text);
  CHECK(!curl_url_dup(NULL) && curl_url_set(NULL, CURLUPART_URL, "ws://a", 0) == CURLUE_BAD_HANDLE);
  CHECK(curl_url_get(NULL, CURLUPART_URL, NULL, 0) == CURLUE_BAD_HANDLE);
  curl_url_cleanup(url);
  curl_url_cleanup(url);
  curl_url_cleanup(NULL);
  CHECK(curl_url_set(url, CURLUPART_URL, "ws://a", 0) == CURLUE_BAD_HANDLE && !curl_url_dup(url));
}

/* What is not built in says so; what is takes NULL for a handle. */
static void missing(void)
{
  int number = 7;
  long timeout = 0;
  CHECK(curl_multi_cleanup(NULL) == CURLM_BAD_HANDLE);
  CHECK(curl_multi_perform(NULL, &number) == CURLM_BAD_HANDLE && curl_multi_timeout(NULL, &timeout) == CURLM_BAD_HANDLE);
  CHECK(curl_multi_setopt(NULL, CURLMOPT_MAXCONNECTS, 1L) == CURLM_BAD_HANDLE);
  CHECK(curl_multi_poll(NULL, NULL, 0, 0, NULL) == CURLM_BAD_HANDLE && !curl_multi_get_handles(NULL));
  CHECK(!curl_multi_info_read(NULL, &number) && number == 0 && !curl_multi_info_read(NULL, NULL));
  CHECK(curl_share_cleanup(NULL) == CURLSHE_INVALID);
  CHECK(curl_share_setopt(NULL, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS) == CURLSHE_INVALID);
  misused_url();
  curl_mime_free(curl_mime_init(NULL));
  CHECK(!curl_mime_addpart(NULL) && curl_mime_name(NULL, "a") == CURLE_BAD_FUNCTION_ARGUMENT);
  CHECK(curl_mime_filename(NULL, "a") == CURLE_BAD_FUNCTION_ARGUMENT && curl_mime_type(NULL, "a") == CURLE_BAD_FUNCTION_ARGUMENT);
  CHECK(curl_mime_encoder(NULL, "a") == CURLE_BAD_FUNCTION_ARGUMENT && curl_mime_data(NULL, NULL, 0) == CURLE_BAD_FUNCTION_ARGUMENT);
  CHECK(curl_mime_data_cb(NULL, 0, NULL, NULL, NULL, NULL) == CURLE_BAD_FUNCTION_ARGUMENT);
  CHECK(curl_mime_filedata(NULL, "a") == CURLE_BAD_FUNCTION_ARGUMENT && curl_mime_subparts(NULL, NULL) == CURLE_BAD_FUNCTION_ARGUMENT);
  CHECK(curl_mime_headers(NULL, NULL, 0) == CURLE_BAD_FUNCTION_ARGUMENT);
  curl_mime_free(NULL);
  CHECK(curl_formadd(NULL, NULL, CURLFORM_END) == CURL_FORMADD_NULL && curl_formget(NULL, NULL, NULL) != 0);
  curl_formfree(NULL);
  CHECK(!curl_pushheader_bynum(NULL, 0) && !curl_pushheader_byname(NULL, "a"));
  CHECK(curl_easy_ssls_export(NULL, NULL, NULL) == CURLE_NOT_BUILT_IN);
  CHECK(curl_easy_ssls_import(NULL, NULL, NULL, 0, NULL, 0) == CURLE_NOT_BUILT_IN);
}

int main(void)
{
  strings();
  decoded_length();
  lists();
  codes();
  dates();
  version();
  printing();
  options();
  tls_library();
  memory();
  missing();
  return failures != 0;
}
