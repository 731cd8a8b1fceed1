/*
 * A whole session with the server of harness.py, which sends "hello" and echoes each message: `session DRIVER URL [NAME=VALUE...]`.
 * DRIVER: frames, messages, perform, multi or socket. Each message is sent when the one before it has come back. A session
 * that has failed is tried once more with the same handles (again=0: not).
 *
 * Prints for each attempt one line: its code (with M in front: a CURLMcode) and text, the messages that were sent and those that came
 * back. Then how many descriptors are open now that were not at the beginning.
 */
#include <curl/curl.h>
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PATIENCE_MS = 30000, LARGEST = 150000, SOCKETS = 16 };

/* The server has the same list. */
static const size_t sizes[] = { 5, 126, 0, 3000, LARGEST, 1 };
enum { MESSAGES = sizeof(sizes) / sizeof(*sizes) };

static CURL *curl;
static CURLM *multi;
static char error[CURL_ERROR_SIZE], own_text[200], message[LARGEST], incoming[LARGEST];
static size_t incoming_size;
static int greeted, sent, received, closed;

/* --- messages */

static size_t make_message(int number)
{
    size_t size = sizes[number];
    for(size_t i = 0; i < size; i++)
        message[i] = (char)((i * 7 + i / 251 + (size_t)number * 31) & 0x7f);
    return size;
}

static unsigned int type_of(int number)
{
    return number % 2 ? CURLWS_BINARY : CURLWS_TEXT;
}

static CURLcode own(CURLcode code, const char *text)
{
    snprintf(own_text, sizeof(own_text), "%s", text);
    return code;
}

/* One whole message has come. */
static CURLcode take(const char *bytes, size_t size, unsigned int type)
{
    if(type & CURLWS_CLOSE) {
        closed = 1;
        return CURLE_OK;
    }
    if(!greeted) {
        greeted = 1;
        return size == 5 && !memcmp(bytes, "hello", 5) ? CURLE_OK : own(CURLE_RECV_ERROR, "WRONG greeting");
    }
    if(received >= sent)
        return own(CURLE_RECV_ERROR, "WRONG: more than was sent");
    size_t right = 0, due = make_message(received);
    while(right < size && right < due && bytes[right] == message[right])
        right++;
    if(right < size || right < due || !(type & type_of(received))) {
        snprintf(own_text, sizeof(own_text), "WRONG message: %zu of %zu bytes, the first %zu are right, type %u", size, due, right, type);
        return CURLE_RECV_ERROR;
    }
    received++;
    return CURLE_OK;
}

/* A piece of a frame. */
static CURLcode take_piece(const char *bytes, size_t size, const struct curl_ws_frame *meta)
{
    if(incoming_size + size > sizeof(incoming) || (size_t)meta->offset != incoming_size)
        return own(CURLE_RECV_ERROR, "WRONG piece");
    if(size)
        memcpy(incoming + incoming_size, bytes, size);
    incoming_size += size;
    if(meta->bytesleft)
        return CURLE_OK;
    size = incoming_size;
    incoming_size = 0;
    return take(incoming, size, (unsigned int)meta->flags);
}

/* --- frames */

static CURLcode wait_for(short events)
{
    struct pollfd fd = { -1, events, 0 };
    CURLcode code = curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &fd.fd);
    if(code)
        return code;
    return poll(&fd, 1, PATIENCE_MS) > 0 ? CURLE_OK : own(CURLE_OPERATION_TIMEDOUT, "STALLED");
}

static CURLcode send_frame(const char *bytes, size_t size, unsigned int type)
{
    size_t done = 0, n;
    for(;;) {
        CURLcode code = curl_ws_send(curl, bytes + done, size - done, &n, 0, type);
        done += n;
        if(code == CURLE_AGAIN)
            code = wait_for(POLLOUT);
        else if(!code && done == size)
            return CURLE_OK;
        if(code)
            return code;
    }
}

static CURLcode receive_frame(void)
{
    static char piece[20000];
    for(;;) {
        size_t n;
        const struct curl_ws_frame *meta;
        CURLcode code = curl_ws_recv(curl, piece, sizeof(piece), &n, &meta);
        if(code == CURLE_AGAIN)
            code = wait_for(POLLIN);
        else if(!code) {
            code = take_piece(piece, n, meta);
            if(!code && !meta->bytesleft)
                return CURLE_OK;
        }
        if(code)
            return code;
    }
}

/* --- messages API */

static CURLcode send_message(const char *bytes, size_t size, unsigned int type)
{
    return curl_ws_send_message(curl, bytes, size, type, PATIENCE_MS);
}

static CURLcode receive_message(void)
{
    const void *data;
    size_t size;
    unsigned int type;
    CURLcode code = curl_ws_recv_message(curl, &data, &size, &type, PATIENCE_MS);
    return code ? code : take(data, size, type);
}

static CURLcode connect_only(CURLcode (*send)(const char *, size_t, unsigned int), CURLcode (*receive)(void))
{
    CURLcode code = curl_easy_perform(curl);
    if(!code)
        code = receive();
    while(!code && received < MESSAGES) {
        code = send(message, make_message(sent), type_of(sent));
        sent += !code;
        while(!code && received < sent)
            code = receive();
    }
    if(!code)
        code = send("\x03\xe8", 2, CURLWS_CLOSE);
    while(!code && !closed)
        code = receive();
    return code;
}

/* --- callbacks */

static CURLcode callback_code;

static size_t on_write(char *bytes, size_t size, size_t count, void *data)
{
    const struct curl_ws_frame *meta = curl_ws_meta(curl);
    size_t n;
    (void)data;
    if(!meta) {
        callback_code = own(CURLE_RECV_ERROR, "WRONG: no meta");
        return CURL_WRITEFUNC_ERROR;
    }
    CURLcode code = take_piece(bytes, size * count, meta);
    if(!code && !meta->bytesleft && !closed && received == sent) {
        if(sent < MESSAGES) {
            size_t length = make_message(sent);
            sent++;
            code = curl_ws_send(curl, message, length, &n, 0, type_of(sent - 1));
            if(!code && n != length)
                code = own(CURLE_SEND_ERROR, "WRONG: sent a part inside a callback");
        }
        else
            code = curl_ws_send(curl, "\x03\xe8", 2, &n, 0, CURLWS_CLOSE);
    }
    callback_code = code;
    return code ? CURL_WRITEFUNC_ERROR : size * count;
}

/* --- multi */

static long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static CURLMcode multi_code;

static CURLcode multi_result(CURLMcode code)
{
    CURLMsg *found;
    int left;
    CURLcode result = own(CURLE_OPERATION_TIMEDOUT, "STALLED");
    multi_code = code;
    while((found = curl_multi_info_read(multi, &left)))
        if(found->msg == CURLMSG_DONE) {
            result = found->data.result;
            own_text[0] = 0;
        }
    code = curl_multi_remove_handle(multi, curl);
    if(code && !multi_code)
        multi_code = code;
    return result;
}

static CURLcode multi_perform(void)
{
    long long until = now_ms() + PATIENCE_MS;
    int running = 1;
    CURLMcode code = curl_multi_add_handle(multi, curl);
    while(!code && running && now_ms() < until) {
        code = curl_multi_perform(multi, &running);
        if(!code && running)
            code = curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    return multi_result(code);
}

static struct pollfd watched[SOCKETS];
static int watched_count;
static long long timer = -1;

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *known)
{
    int i = 0;
    (void)easy;
    (void)data;
    (void)known;
    while(i < watched_count && watched[i].fd != fd)
        i++;
    if(what == CURL_POLL_REMOVE) {
        if(i < watched_count)
            watched[i] = watched[--watched_count];
        return 0;
    }
    if(i == SOCKETS)
        return -1;
    if(i == watched_count)
        watched_count++;
    watched[i].fd = fd;
    watched[i].events = (short)((what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0));
    return 0;
}

static int on_timer(CURLM *of, long ms, void *data)
{
    (void)of;
    (void)data;
    timer = ms < 0 ? -1 : now_ms() + ms;
    return 0;
}

static CURLcode multi_socket(void)
{
    long long until = now_ms() + PATIENCE_MS;
    int running = 1;
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    CURLMcode code = curl_multi_add_handle(multi, curl);
    while(!code && running && now_ms() < until) {
        struct pollfd ready[SOCKETS];
        int count = watched_count;
        long long left = timer < 0 ? 1000 : timer - now_ms();
        memcpy(ready, watched, sizeof(ready));
        poll(ready, (nfds_t)count, left > 1000 ? 1000 : left > 0 ? (int)left : 0);
        for(int i = 0; !code && i < count; i++)
            if(ready[i].revents)
                code = curl_multi_socket_action(multi, ready[i].fd,
                    (ready[i].revents & POLLIN ? CURL_CSELECT_IN : 0) | (ready[i].revents & POLLOUT ? CURL_CSELECT_OUT : 0)
                        | (ready[i].revents & (POLLERR | POLLHUP) ? CURL_CSELECT_ERR : 0), &running);
        if(!code && timer >= 0 && now_ms() >= timer) {
            timer = -1;
            code = curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
        }
    }
    return multi_result(code);
}

/* --- main */

static CURLcode run(const char *driver)
{
    incoming_size = 0;
    greeted = sent = received = closed = 0;
    own_text[0] = error[0] = 0;
    multi_code = CURLM_OK;
    callback_code = CURLE_OK;
    if(!strcmp(driver, "frames"))
        return connect_only(send_frame, receive_frame);
    if(!strcmp(driver, "messages"))
        return connect_only(send_message, receive_message);
    if(!strcmp(driver, "perform"))
        return curl_easy_perform(curl);
    return strcmp(driver, "multi") ? multi_socket() : multi_perform();
}

/* Whether it went well. */
static int attempt(const char *driver)
{
    CURLcode code = run(driver);
    if(!code && !multi_code && (received != MESSAGES || !closed))
        code = own(CURLE_GOT_NOTHING, "WRONG: no error, but not all has come");
    if(callback_code && code == CURLE_WRITE_ERROR)
        code = callback_code;
    const char *text = multi_code ? curl_multi_strerror(multi_code) : own_text[0] ? own_text : error[0] ? error : curl_easy_strerror(code);
    printf("%s%d %d %d %s\n", multi_code ? "M" : "", multi_code ? (int)multi_code : (int)code, sent, received, code || multi_code ? text : "");
    return !code && !multi_code;
}

static CURLcode set_options(int count, char **options)
{
    CURLcode code = CURLE_OK;
    for(int i = 0; !code && i < count; i++) {
        char *value = strchr(options[i], '=') + 1;
        size_t length = (size_t)(value - options[i] - 1);
        if(!strncmp(options[i], "cainfo", length))
            code = curl_easy_setopt(curl, CURLOPT_CAINFO, value);
        else if(!strncmp(options[i], "proxy", length))
            code = curl_easy_setopt(curl, CURLOPT_PROXY, value);
        else if(!strncmp(options[i], "tunnel", length))
            code = curl_easy_setopt(curl, CURLOPT_HTTPPROXYTUNNEL, atol(value));
        else if(!strncmp(options[i], "follow", length))
            code = curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, atol(value));
        else if(!strncmp(options[i], "compress", length))
            code = curl_easy_setopt(curl, CURLOPT_WS_OPTIONS, atol(value) ? (long)CURLWS_COMPRESS : 0L);
    }
    return code;
}

static CURLcode prepare(const char *driver, const char *url, int count, char **options)
{
    CURLcode code = curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    if(!code)
        code = curl_easy_setopt(curl, CURLOPT_URL, url);
    if(!code)
        code = curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)PATIENCE_MS - 1000);
    if(!code && (!strcmp(driver, "frames") || !strcmp(driver, "messages")))
        code = curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L);
    if(!code)
        code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_write);
    return code ? code : set_options(count, options);
}

static int open_descriptors(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while(folder && readdir(folder))
        count++;
    closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    if(argc < 3)
        return 2;
    int before = open_descriptors(), again = strcmp(argv[argc - 1], "again=0") != 0;
    CURLcode code = curl_global_init(CURL_GLOBAL_ALL);
    curl = curl_easy_init();
    multi = curl_multi_init();
    if(!code && (!curl || !multi))
        code = CURLE_FAILED_INIT;
    if(!code)
        code = prepare(argv[1], argv[2], argc - 3, argv + 3);
    if(code)
        printf("%d 0 0 %s\n", (int)code, curl_easy_strerror(code));
    else if(!attempt(argv[1]) && again)
        attempt(argv[1]);
    curl_easy_cleanup(curl);
    curl_multi_cleanup(multi);
    curl_global_cleanup();
    printf("descriptors %d\n", open_descriptors() - before);
    return 0;
}
