/* The driver's getinfo: libcurl has no lookup of infos by name, so here is one. */
#include "driver_info.h"
#include <stdlib.h>
#include <string.h>

#define INFO(name) { #name, CURLINFO_##name }

static const struct {
    const char *name;
    CURLINFO id;
} infos[] = {
    INFO(EFFECTIVE_URL), INFO(RESPONSE_CODE), INFO(TOTAL_TIME), INFO(NAMELOOKUP_TIME), INFO(CONNECT_TIME),
    INFO(PRETRANSFER_TIME), INFO(SIZE_UPLOAD), INFO(SIZE_UPLOAD_T), INFO(SIZE_DOWNLOAD), INFO(SIZE_DOWNLOAD_T),
    INFO(SPEED_DOWNLOAD), INFO(SPEED_DOWNLOAD_T), INFO(SPEED_UPLOAD), INFO(SPEED_UPLOAD_T), INFO(HEADER_SIZE),
    INFO(REQUEST_SIZE), INFO(SSL_VERIFYRESULT), INFO(FILETIME), INFO(FILETIME_T), INFO(CONTENT_LENGTH_DOWNLOAD),
    INFO(CONTENT_LENGTH_DOWNLOAD_T), INFO(CONTENT_LENGTH_UPLOAD), INFO(CONTENT_LENGTH_UPLOAD_T),
    INFO(STARTTRANSFER_TIME), INFO(CONTENT_TYPE), INFO(REDIRECT_TIME), INFO(REDIRECT_COUNT), INFO(PRIVATE),
    INFO(HTTP_CONNECTCODE), INFO(HTTPAUTH_AVAIL), INFO(PROXYAUTH_AVAIL), INFO(OS_ERRNO), INFO(NUM_CONNECTS),
    INFO(SSL_ENGINES), INFO(COOKIELIST), INFO(LASTSOCKET), INFO(FTP_ENTRY_PATH), INFO(REDIRECT_URL), INFO(PRIMARY_IP),
    INFO(APPCONNECT_TIME), INFO(CERTINFO), INFO(CONDITION_UNMET), INFO(RTSP_SESSION_ID), INFO(RTSP_CLIENT_CSEQ),
    INFO(RTSP_SERVER_CSEQ), INFO(RTSP_CSEQ_RECV), INFO(PRIMARY_PORT), INFO(LOCAL_IP), INFO(LOCAL_PORT),
    INFO(TLS_SESSION), INFO(ACTIVESOCKET), INFO(TLS_SSL_PTR), INFO(HTTP_VERSION), INFO(PROXY_SSL_VERIFYRESULT),
    INFO(PROTOCOL), INFO(SCHEME), INFO(TOTAL_TIME_T), INFO(NAMELOOKUP_TIME_T), INFO(CONNECT_TIME_T),
    INFO(PRETRANSFER_TIME_T), INFO(STARTTRANSFER_TIME_T), INFO(REDIRECT_TIME_T), INFO(APPCONNECT_TIME_T),
    INFO(RETRY_AFTER), INFO(EFFECTIVE_METHOD), INFO(PROXY_ERROR), INFO(REFERER), INFO(CAINFO), INFO(CAPATH),
    INFO(XFER_ID), INFO(CONN_ID), INFO(QUEUE_TIME_T), INFO(USED_PROXY), INFO(POSTTRANSFER_TIME_T),
    INFO(EARLYDATA_SENT_T), INFO(HTTPAUTH_USED), INFO(PROXYAUTH_USED), INFO(SIZE_DELIVERED),
#ifdef WSCURL_VERSION_NUM
    INFO(WS_RTT_US), INFO(WS_EXTENSIONS), INFO(WS_PROTOCOL), INFO(WS_CLOSE_CODE),
    INFO(WS_CLOSE_REASON), INFO(WS_TIMEOUT_MS),
#endif
};

static CURLINFO info_by_name(const char *name)
{
    for(size_t i = 0; i < sizeof(infos) / sizeof(infos[0]); i++) {
        if(!strcmp(name, infos[i].name))
            return infos[i].id;
    }
    return (CURLINFO)strtol(name, NULL, 0);
}

static bool is_pointer(CURLINFO info)
{
    return info == CURLINFO_TLS_SESSION || info == CURLINFO_TLS_SSL_PTR;
}

static void get_string(CURL *curl, CURLINFO info)
{
    char *value = NULL;
    print_code("getinfo", curl_easy_getinfo(curl, info, &value));
    print_text("value", value);
}

static void get_double(CURL *curl, CURLINFO info)
{
    double value = -1;
    print_code("getinfo", curl_easy_getinfo(curl, info, &value));
    printf(" value=%.6f", value);
}

/* One item of a list; a list has no item with a newline. */
static void print_item(const char *item)
{
    for(; *item; item++)
        printf(strchr(" %", *item) || *item < ' ' ? "%%%02x" : "%c", (unsigned char)*item);
    printf("%%0a");
}

static void get_list(CURL *curl, CURLINFO info)
{
    struct curl_slist *value = NULL;
    print_code("getinfo", curl_easy_getinfo(curl, info, &value));
    printf(" value=");
    for(struct curl_slist *item = value; item; item = item->next)
        print_item(item->data);
    curl_slist_free_all(value);
}

/* The lines of each certificate, a list for each. */
static void print_certificates(const struct curl_certinfo *info)
{
    printf(" count=%d", info->num_of_certs);
    for(int i = 0; i < info->num_of_certs; i++) {
        int line = 0;
        for(const struct curl_slist *item = info->certinfo[i]; item; item = item->next) {
            char name[32];
            snprintf(name, sizeof(name), "%d.%d", i, line++);
            print_text(name, item->data);
        }
    }
}

static void get_certificates(CURL *curl)
{
    struct curl_certinfo *value = NULL;
    print_code("getinfo", curl_easy_getinfo(curl, CURLINFO_CERTINFO, &value));
    printf(" value=%s", value ? "set" : "(null)");
    if(value)
        print_certificates(value);
}

static void get_pointer(CURL *curl, CURLINFO info)
{
    struct curl_tlssessioninfo *value = NULL;
    print_code("getinfo", curl_easy_getinfo(curl, info, &value));
    printf(" value=%s", value ? "set" : "(null)");
    if(value)
        printf(" backend=%d internals=%d", (int)value->backend, value->internals != NULL);
}

static void get_socket(CURL *curl, CURLINFO info)
{
    curl_socket_t value = CURL_SOCKET_BAD;
    print_code("getinfo", curl_easy_getinfo(curl, info, &value));
    printf(" value=%s", value == CURL_SOCKET_BAD ? "none" : "open");
}

static void get_long(CURL *curl, CURLINFO info)
{
    long value = -1;
    print_code("getinfo", curl_easy_getinfo(curl, info, &value));
    printf(" value=%ld", value);
}

static void get_off_t(CURL *curl, CURLINFO info)
{
    curl_off_t value = -1;
    print_code("getinfo", curl_easy_getinfo(curl, info, &value));
    printf(" value=%lld", (long long)value);
}

void getinfo_command(const struct call *call)
{
    CURLINFO info = info_by_name(call->words->at[1].text);
    switch((int)info & CURLINFO_TYPEMASK) {
    case CURLINFO_STRING:
        get_string(call->curl, info);
        break;
    case CURLINFO_DOUBLE:
        get_double(call->curl, info);
        break;
    case CURLINFO_SLIST:
        if(info == CURLINFO_CERTINFO)
            get_certificates(call->curl);
        else if(is_pointer(info))
            get_pointer(call->curl, info);
        else
            get_list(call->curl, info);
        break;
    case CURLINFO_SOCKET:
        get_socket(call->curl, info);
        break;
    case CURLINFO_OFF_T:
        get_off_t(call->curl, info);
        break;
    default:
        get_long(call->curl, info);
    }
}
