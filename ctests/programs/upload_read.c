/*
 * libcurl drives, both ways: the read callback hands out messages, the first as a text frame of its own length in small pieces, the
 * second as what each return becomes by itself, a binary frame; then it pauses until the write callback has seen both echoes, and a Close
 * frame ends it all. Usage: upload_read URL [CA-FILE]
 */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

static const char text[] = "a text in several pieces";

struct chat {
    CURL *curl;
    size_t sent;
    int step;
    int echoes;
};

static size_t some_of_the_text(struct chat *chat, char *buffer, size_t room)
{
    size_t len = sizeof(text) - 1 - chat->sent;
    if(len > 7)
        len = 7;
    if(len > room)
        len = room;
    memcpy(buffer, text + chat->sent, len);
    chat->sent += len;
    if(chat->sent == sizeof(text) - 1)
        chat->step++;
    return len;
}

static size_t on_read(char *buffer, size_t size, size_t items, void *user)
{
    struct chat *chat = user;
    switch(chat->step) {
    case 0:
        if(!chat->sent && curl_ws_start_frame(chat->curl, CURLWS_TEXT, (curl_off_t)(sizeof(text) - 1)))
            return CURL_READFUNC_ABORT;
        return some_of_the_text(chat, buffer, size * items);
    case 1:
        chat->step++;
        memcpy(buffer, "binary", 6);
        return 6;
    case 2:
        if(chat->echoes < 2)
            return CURL_READFUNC_PAUSE;
        chat->step++;
        if(curl_ws_start_frame(chat->curl, CURLWS_CLOSE, 2))
            return CURL_READFUNC_ABORT;
        memcpy(buffer, "\x03\xe8", 2);
        return 2;
    default:
        return 0;
    }
}

static size_t on_frame(char *data, size_t size, size_t items, void *user)
{
    struct chat *chat = user;
    size_t len = size * items;
    const struct curl_ws_frame *meta = curl_ws_meta(chat->curl);
    if(meta->flags & CURLWS_CLOSE)
        printf("close\n");
    else
        printf("%s %.*s\n", meta->flags & CURLWS_TEXT ? "text" : "binary", (int)len, data);
    if(!meta->bytesleft && ++chat->echoes == 2)
        curl_easy_pause(chat->curl, CURLPAUSE_CONT);
    return len;
}

int main(int argc, char **argv)
{
    struct chat chat = { curl_easy_init(), 0, 0, 0 };
    CURL *curl = chat.curl;
    CURLcode code = CURLE_FAILED_INIT;
    if(curl && argc > 1) {
        curl_easy_setopt(curl, CURLOPT_URL, argv[1]);
        curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
        curl_easy_setopt(curl, CURLOPT_READDATA, &chat);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_frame);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, &chat);
        if(argc > 2)
            curl_easy_setopt(curl, CURLOPT_CAINFO, argv[2]);
        code = curl_easy_perform(curl);
    }
    printf("done %d\n", (int)code);
    curl_easy_cleanup(curl);
    return code != CURLE_OK;
}
