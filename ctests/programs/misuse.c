/*
 * Calls that are wrong, and what they must answer: no pointer where one is needed, memory that is no handle, a handle that is gone, calls in
 * the wrong state, and recursion. Usage: misuse URL, where a server accepts the upgrade, sends one text frame and closes.
 */
#define CURL_DISABLE_DEPRECATION
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

static int failures;

static void check(const char *what, long got, long expected)
{
    if(got != expected) {
        printf("%s: %ld instead of %ld\n", what, got, expected);
        failures++;
    }
}

#define CHECK(expression, expected) check(#expression, (long)(expression), (long)(expected))

/* What every function says to a pointer that is no live handle. */
static void no_handle(CURL *curl)
{
    char buffer[8];
    size_t n = 99;
    const struct curl_ws_frame *meta = NULL;
    struct curl_header *header = NULL;
    long number;

    CHECK(curl_easy_setopt(curl, CURLOPT_URL, "ws://127.0.0.1/"), CURLE_BAD_FUNCTION_ARGUMENT);
    CHECK(curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &number), CURLE_BAD_FUNCTION_ARGUMENT);
    CHECK(curl_easy_perform(curl), CURLE_BAD_FUNCTION_ARGUMENT);
    CHECK(curl_easy_pause(curl, CURLPAUSE_ALL), CURLE_BAD_FUNCTION_ARGUMENT);
    CHECK(curl_easy_upkeep(curl), CURLE_BAD_FUNCTION_ARGUMENT);
    CHECK(curl_easy_recv(curl, buffer, sizeof(buffer), &n), CURLE_BAD_FUNCTION_ARGUMENT);
    CHECK(curl_easy_send(curl, buffer, 1, &n), CURLE_BAD_FUNCTION_ARGUMENT);
    CHECK(curl_ws_recv(curl, buffer, sizeof(buffer), &n, &meta), CURLE_BAD_FUNCTION_ARGUMENT);
    CHECK(n, 0);
    CHECK(curl_ws_send(curl, buffer, 1, &n, 0, CURLWS_TEXT), CURLE_BAD_FUNCTION_ARGUMENT);
    CHECK(curl_ws_start_frame(curl, CURLWS_TEXT, 1), CURLE_BAD_FUNCTION_ARGUMENT);
    CHECK(curl_ws_meta(curl) == NULL, 1);
    CHECK(curl_easy_duphandle(curl) == NULL, 1);
    CHECK(curl_easy_header(curl, "x", 0, CURLH_HEADER, -1, &header), CURLHE_BAD_ARGUMENT);
    CHECK(curl_easy_nextheader(curl, CURLH_HEADER, -1, NULL) == NULL, 1);
    curl_easy_reset(curl);
    curl_easy_cleanup(curl);
}

/* NULL where a live handle's function wants something else. */
static void no_pointers(CURL *curl)
{
    char buffer[8];
    size_t n = 99;
    struct curl_header *header = NULL;
    const struct curl_ws_frame *meta;

    CHECK(curl_easy_setopt(curl, CURLOPT_URL, NULL), CURLE_OK);
    CHECK(curl_easy_perform(curl), CURLE_URL_MALFORMAT);
    CHECK(curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, NULL), CURLE_OK);
    CHECK(curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL), CURLE_OK);
    CHECK(curl_easy_setopt(curl, CURLOPT_USERAGENT, NULL), CURLE_OK);
    CHECK(curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL), CURLE_OK);
    CHECK(curl_easy_header(curl, NULL, 0, CURLH_HEADER, -1, &header), CURLHE_BAD_ARGUMENT);
    CHECK(curl_easy_header(curl, "x", 0, CURLH_HEADER, -1, NULL), CURLHE_BAD_ARGUMENT);
    CHECK(curl_easy_header(curl, "x", 0, 0, -1, &header), CURLHE_BAD_ARGUMENT);
    CHECK(curl_easy_header(curl, "x", 0, CURLH_HEADER, -2, &header), CURLHE_BAD_ARGUMENT);
    CHECK(curl_ws_recv(curl, NULL, 8, &n, &meta), CURLE_BAD_FUNCTION_ARGUMENT);
    CHECK(n, 0);
    CHECK(curl_ws_send(curl, NULL, 8, &n, 0, CURLWS_TEXT), CURLE_BAD_FUNCTION_ARGUMENT);
    CHECK(curl_easy_recv(curl, buffer, 1, &n), CURLE_UNSUPPORTED_PROTOCOL);
#ifdef WSCURL_VERSION_NUM /* libcurl takes these for granted */
    CHECK(curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, NULL), CURLE_BAD_FUNCTION_ARGUMENT);
    curl_ws_recv(curl, buffer, sizeof(buffer), NULL, &meta);
    curl_ws_recv(curl, buffer, sizeof(buffer), &n, NULL);
    curl_ws_recv(curl, buffer, sizeof(buffer), NULL, NULL);
    curl_easy_recv(curl, buffer, sizeof(buffer), NULL);
    curl_easy_send(curl, buffer, sizeof(buffer), NULL);
#endif
    curl_slist_free_all(NULL);
    curl_free(NULL);
    CHECK(curl_easy_strerror((CURLcode)12345) != NULL, 1);
    CHECK(curl_easy_option_by_name(NULL) == NULL, 1);
    CHECK(curl_easy_option_by_name("no such option") == NULL, 1);
    CHECK(curl_getenv("surely not set in here") == NULL, 1);
}

/* The multi and share interfaces with NULL for every pointer. */
static void no_multi(CURL *curl)
{
    CURLM *multi = curl_multi_init();
    CURLSH *share = curl_share_init();
    long timeout;
    curl_off_t number;
    fd_set set;
    int running;

    CHECK(multi != NULL && share != NULL, 1);
    CHECK(curl_multi_add_handle(multi, NULL), CURLM_BAD_EASY_HANDLE);
    CHECK(curl_multi_add_handle(NULL, curl), CURLM_BAD_HANDLE);
    CHECK(curl_multi_remove_handle(multi, NULL), CURLM_BAD_EASY_HANDLE);
    CHECK(curl_multi_remove_handle(NULL, curl), CURLM_BAD_HANDLE);
    CHECK(curl_multi_assign(NULL, 0, NULL), CURLM_BAD_HANDLE);
    CHECK(curl_multi_fdset(NULL, &set, &set, &set, &running), CURLM_BAD_HANDLE);
    CHECK(curl_multi_get_offt(NULL, CURLMINFO_XFERS_ADDED, &number), CURLM_BAD_HANDLE);
    CHECK(curl_multi_get_offt(multi, CURLMINFO_XFERS_ADDED, NULL), CURLM_BAD_FUNCTION_ARGUMENT);
    CHECK(curl_multi_notify_enable(NULL, CURLMNOTIFY_INFO_READ), CURLM_BAD_HANDLE);
    CHECK(curl_multi_notify_disable(NULL, CURLMNOTIFY_INFO_READ), CURLM_BAD_HANDLE);
    CHECK(curl_multi_perform(NULL, &running), CURLM_BAD_HANDLE);
    CHECK(curl_multi_poll(NULL, NULL, 0, 0, NULL), CURLM_BAD_HANDLE);
    CHECK((curl_multi_socket)(NULL, CURL_SOCKET_TIMEOUT, &running), CURLM_BAD_HANDLE);
    CHECK(curl_multi_socket_action(NULL, CURL_SOCKET_TIMEOUT, 0, &running), CURLM_BAD_HANDLE);
    CHECK(curl_multi_socket_all(NULL, &running), CURLM_BAD_HANDLE);
    CHECK(curl_multi_timeout(NULL, &timeout), CURLM_BAD_HANDLE);
    CHECK(curl_multi_wait(NULL, NULL, 0, 0, NULL), CURLM_BAD_HANDLE);
    CHECK(curl_multi_waitfds(NULL, NULL, 0, NULL), CURLM_BAD_HANDLE);
    CHECK(curl_multi_wakeup(NULL), CURLM_BAD_HANDLE);
    CHECK(curl_multi_cleanup(NULL), CURLM_BAD_HANDLE);
    CHECK(curl_multi_cleanup(multi), CURLM_OK);
    CHECK(curl_share_cleanup(NULL), CURLSHE_INVALID);
    CHECK(curl_share_cleanup(share), CURLSHE_OK);
}

#ifdef WSCURL_VERSION_NUM
/* Functions that libcurl does not have: without a handle, in the wrong state, without pointers. */
static void own_functions(CURL *curl)
{
    const CURLcode wrong_state = curl ? CURLE_UNSUPPORTED_PROTOCOL : CURLE_BAD_FUNCTION_ARGUMENT;
    const void *data = curl;
    size_t length = 9;
    unsigned int type = 9;
    int events = 9;

    CHECK(curl_ws_close(curl, 1000, NULL, 0), curl ? CURLE_SEND_ERROR : wrong_state);
    CHECK(curl_ws_close(curl, 1000, NULL, 1), CURLE_BAD_FUNCTION_ARGUMENT);
    CHECK(curl_ws_poll(curl, CURL_WAIT_POLLIN, 0, &events), wrong_state);
    CHECK(events, 0);
    CHECK(curl_ws_poll(curl, CURL_WAIT_POLLIN, 0, NULL), wrong_state);
    CHECK(curl_ws_wakeup(curl), curl ? CURLE_OK : CURLE_BAD_FUNCTION_ARGUMENT);
    CHECK(curl_ws_recv_message(curl, &data, &length, &type, 0), wrong_state);
    CHECK(data == NULL && length == 0 && type == 0, 1);
    CHECK(curl_ws_recv_message(curl, NULL, NULL, NULL, 0), wrong_state);
    CHECK(curl_ws_send_message(curl, "x", 1, CURLWS_TEXT, 0), curl ? CURLE_SEND_ERROR : wrong_state);
    CHECK(curl_ws_send_message(curl, NULL, 1, CURLWS_TEXT, 0), CURLE_BAD_FUNCTION_ARGUMENT);
}
#endif

static void wrong_state(const char *url)
{
    CURL *curl = curl_easy_init();
    char buffer[8];
    size_t n;
    const struct curl_ws_frame *meta;

    CHECK(curl_easy_setopt(curl, CURLOPT_URL, url), CURLE_OK);
    CHECK(curl_ws_recv(curl, buffer, sizeof(buffer), &n, &meta), CURLE_UNSUPPORTED_PROTOCOL);
    CHECK(curl_ws_send(curl, "x", 1, &n, 0, CURLWS_TEXT), CURLE_SEND_ERROR);
    CHECK(curl_ws_start_frame(curl, CURLWS_TEXT, 1), CURLE_SEND_ERROR);
    CHECK(curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L), CURLE_OK);
    CHECK(curl_ws_recv(curl, buffer, sizeof(buffer), &n, &meta), CURLE_BAD_FUNCTION_ARGUMENT);
    CHECK(curl_ws_send(curl, "x", 1, &n, 0, CURLWS_TEXT), CURLE_UNSUPPORTED_PROTOCOL);
    CHECK(curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 3L), CURLE_BAD_FUNCTION_ARGUMENT);
    CHECK(curl_ws_meta(curl) == NULL, 1);
    curl_easy_cleanup(curl);
#ifdef WSCURL_VERSION_NUM /* libcurl reads freed memory */
    no_handle(curl);
#endif
}

static int calls;

/* Everything that must not be called from inside a callback, on the handle that is calling. */
static void recurse(CURL *curl)
{
    char buffer[8];
    size_t n;
    calls++;
    CHECK(curl_easy_perform(curl), CURLE_RECURSIVE_API_CALL);
    CHECK(curl_easy_recv(curl, buffer, sizeof(buffer), &n), CURLE_RECURSIVE_API_CALL);
    CHECK(curl_easy_send(curl, "x", 1, &n), CURLE_RECURSIVE_API_CALL);
    CHECK(curl_easy_upkeep(curl), CURLE_RECURSIVE_API_CALL);
    curl_easy_reset(curl);
    curl_easy_cleanup(curl);
}

static size_t on_data(char *data, size_t size, size_t items, void *user)
{
    (void)data;
    recurse(user);
    return size * items;
}

static size_t on_read(char *buffer, size_t size, size_t items, void *user)
{
    (void)buffer;
    (void)size;
    (void)items;
    recurse(user);
    return 0;
}

static int on_progress(void *user, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow)
{
    (void)dltotal;
    (void)dlnow;
    (void)ultotal;
    (void)ulnow;
    recurse(user);
    return 0;
}

static int on_debug(CURL *curl, curl_infotype type, char *data, size_t size, void *user)
{
    (void)type;
    (void)data;
    (void)size;
    (void)user;
    recurse(curl);
    return 0;
}

static int on_sockopt(void *user, curl_socket_t fd, curlsocktype purpose)
{
    (void)fd;
    (void)purpose;
    recurse(user);
    return CURL_SOCKOPT_OK;
}

static int on_prereq(void *user, char *primary_ip, char *local_ip, int primary_port, int local_port)
{
    (void)primary_ip;
    (void)local_ip;
    (void)primary_port;
    (void)local_port;
    recurse(user);
    return CURL_PREREQFUNC_OK;
}

static void recursion(const char *url)
{
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, curl);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_data);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, curl);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(curl, CURLOPT_READDATA, curl);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, curl);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(curl, CURLOPT_SOCKOPTFUNCTION, on_sockopt);
    curl_easy_setopt(curl, CURLOPT_SOCKOPTDATA, curl);
    curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, on_prereq);
    curl_easy_setopt(curl, CURLOPT_PREREQDATA, curl);
    CHECK(curl_easy_perform(curl), CURLE_OK);
    CHECK(calls > 10, 1);
    curl_easy_cleanup(curl);
}

int main(int argc, char **argv)
{
    static union {
        char bytes[65536];
        long long align;
    } foreign;
    CURL *curl;
    if(argc < 2)
        return 2;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    no_handle(NULL);
    no_handle((CURL *)foreign.bytes);
    memset(foreign.bytes, 0xa5, sizeof(foreign.bytes));
    no_handle((CURL *)foreign.bytes);
    curl = curl_easy_init();
    no_pointers(curl);
    no_multi(curl);
#ifdef WSCURL_VERSION_NUM
    own_functions(NULL);
    own_functions(curl);
#endif
    curl_easy_cleanup(curl);
    wrong_state(argv[1]);
    recursion(argv[1]);
    curl_global_cleanup();
    printf("%d failures\n", failures);
    return failures != 0;
}
