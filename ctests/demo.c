/*
 * The client of `make demo`: connects to each URL it is given, sends a text, a binary message and a ping, prints every frame that comes and
 * goes, and closes. Exit status 0 if all echoes came back right and the server answered the closing.
 *
 * Usage: demo [--cacert FILE] URL...
 */
#include <curl/curl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define PATIENCE_MS 5000

struct frame {
    char data[4096];
    size_t len;
    int flags;
};

static const char *type_name(int flags)
{
    return flags & CURLWS_TEXT     ? "text"
           : flags & CURLWS_BINARY ? "binary"
           : flags & CURLWS_PING   ? "ping"
           : flags & CURLWS_PONG   ? "pong"
           : flags & CURLWS_CLOSE  ? "close"
                                   : "?";
}

static void print_frame(char direction, int flags, const char *data, size_t len)
{
    printf("  %c %-6s %3lu bytes  ", direction, type_name(flags), (unsigned long)len);
    for(size_t i = 0; i < len && i < 60; i++) {
        if(data[i] >= ' ' && data[i] < 127)
            putchar(data[i]);
        else
            printf("\\x%02x", (unsigned int)(unsigned char)data[i]);
    }
    printf(len > 60 ? "...\n" : "\n");
}

static int wait_until(CURL *curl, short events)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &fd);
    struct pollfd poll_fd = { fd, events, 0 };
    return poll(&poll_fd, 1, PATIENCE_MS) > 0;
}

static CURLcode send_frame(CURL *curl, unsigned int flags, const char *data, size_t len)
{
    size_t at = 0, sent = 0;
    CURLcode code;
    do {
        code = curl_ws_send(curl, data + at, len - at, &sent, 0, flags);
        at += sent;
        if(code == CURLE_AGAIN && !wait_until(curl, POLLOUT))
            return CURLE_OPERATION_TIMEDOUT;
    } while(code == CURLE_AGAIN || (!code && at < len));
    if(!code)
        print_frame('>', (int)flags, data, len);
    return code;
}

static CURLcode recv_frame(CURL *curl, struct frame *frame)
{
    const struct curl_ws_frame *meta;
    size_t n;
    frame->len = 0;
    for(;;) {
        CURLcode code = curl_ws_recv(curl, frame->data + frame->len, sizeof(frame->data) - frame->len, &n, &meta);
        if(code == CURLE_AGAIN) {
            if(!wait_until(curl, POLLIN))
                return CURLE_OPERATION_TIMEDOUT;
            continue;
        }
        if(code)
            return code;
        frame->len += n;
        frame->flags = meta->flags;
        if(!meta->bytesleft)
            break;
        if(frame->len == sizeof(frame->data))
            return CURLE_TOO_LARGE;
    }
    print_frame('<', frame->flags, frame->data, frame->len);
    return CURLE_OK;
}

/* Sends a frame and takes the next one that has the type of an answer; other servers may say things of their own before it. */
static CURLcode ask(CURL *curl, unsigned int flags, const char *data, size_t len, unsigned int answer, int *right)
{
    struct frame frame;
    CURLcode code = send_frame(curl, flags, data, len);
    do {
        if(code)
            return code;
        code = recv_frame(curl, &frame);
    } while(code || !(frame.flags & (int)answer));
    *right = frame.len == len && !memcmp(frame.data, data, len);
    if(!*right && !(answer & CURLWS_CLOSE))
        printf("  this is not what was sent\n");
    return code;
}

static CURLcode talk(CURL *curl, int *right)
{
    static const char bytes[] = { 0, 1, 2, 3, (char)0xfd, (char)0xfe, (char)0xff };
    int echoes[3] = { 0, 0, 0 }, closed;
    CURLcode code = ask(curl, CURLWS_TEXT, "Hello, WebSocket!", 17, CURLWS_TEXT, &echoes[0]);
    if(!code)
        code = ask(curl, CURLWS_BINARY, bytes, sizeof(bytes), CURLWS_BINARY, &echoes[1]);
    if(!code)
        code = ask(curl, CURLWS_PING, "are you there?", 14, CURLWS_PONG, &echoes[2]);
    *right = echoes[0] && echoes[1] && echoes[2];
    if(!code)
        code = ask(curl, CURLWS_CLOSE, "\x03\xe8" "bye", 5, CURLWS_CLOSE, &closed);
    return code;
}

static int visit(const char *url, const char *ca_file)
{
    char error[CURL_ERROR_SIZE] = "";
    int right = 0;
    CURLcode code = CURLE_FAILED_INIT;
    CURL *curl = curl_easy_init();
    printf("%s\n", url);
    if(curl) {
        curl_easy_setopt(curl, CURLOPT_URL, url);
        curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L);
        curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)PATIENCE_MS);
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
        if(ca_file)
            curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file);
        code = curl_easy_perform(curl);
        if(!code)
            code = talk(curl, &right);
    }
    if(code)
        printf("  failed: %s\n", error[0] ? error : curl_easy_strerror(code));
    curl_easy_cleanup(curl);
    return !code && right;
}

int main(int argc, char **argv)
{
    const char *ca_file = NULL;
    int good = argc > 1;
    setvbuf(stdout, NULL, _IOLBF, 1024);
    printf("%s\n", curl_version());
    for(int i = 1; i < argc; i++) {
        if(!strcmp(argv[i], "--cacert") && i + 1 < argc)
            ca_file = argv[++i];
        else
            good = visit(argv[i], ca_file) && good;
    }
    printf(good ? "All frames came back as they should.\n" : "Something went wrong.\n");
    return !good;
}
