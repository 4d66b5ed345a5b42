/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Copying documents; see copy.h. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/thread.h"
#include "sign/copy.h"
#include "sign/pdf/pdf-tail.h"

#define CHUNK (256U * 1024U)
#define CHUNKS 4U                       /* between reading and writing */
#define LARGE (16U * 1024U * 1024U)     /* from here on a thread is worth it */
#define WRITE_BACK (8U * 1024U * 1024U) /* so much is handed to the disk at a time */

/* Chunk i lies in buffer i % CHUNKS from when it is filled until it is both written and digested, which is done in order. */
typedef struct Writer {
        int fd;
        uint64_t size;
        uint8_t *buffers;
        pthread_mutex_t lock;
        pthread_cond_t changed;
        uint64_t filled, written; /* chunks */
        bool over;                /* no more come */
        int error;
} Writer;

int copy_write_at(int fd, uint64_t offset, View v) {
        while (v.len > 0) {
                ssize_t n = pwrite(fd, v.data, v.len, (off_t) offset);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                v.data += n;
                v.len -= (size_t) n;
                offset += (uint64_t) n;
        }
        return 0;
}

static int digest(gnutls_hash_hd_t hash, const uint8_t *data, size_t len) {
        return gnutls_hash(hash, data, len) < 0 ? -EIO : 0;
}

static int copy_small(int in_fd, int out_fd, uint64_t size, gnutls_hash_hd_t hash, uint8_t *buffer) {
        for (uint64_t at = 0; at < size;) {
                size_t n = size - at < CHUNK ? (size_t) (size - at) : CHUNK;
                int r;

                r = pdf_read_at(in_fd, at, buffer, n);
                if (r == 0 && in_fd != out_fd)
                        r = copy_write_at(out_fd, at, VIEW(buffer, n));
                if (r == 0)
                        r = digest(hash, buffer, n);
                if (r < 0)
                        return r;
                at += n;
        }
        return 0;
}

static View chunk(const Writer *w, uint64_t i) {
        uint64_t left = w->size - i * CHUNK;

        return VIEW(w->buffers + i % CHUNKS * CHUNK, left < CHUNK ? (size_t) left : CHUNK);
}

static int write_chunk(const Writer *w, uint64_t i) {
        uint64_t end = (i + 1) * CHUNK;
        int r;

        r = copy_write_at(w->fd, i * CHUNK, chunk(w, i));
        /* Only so that less is left to be synced; what comes of it the sync tells. */
        if (r == 0 && end % WRITE_BACK == 0)
                (void) sync_file_range(w->fd, (off_t) (end - WRITE_BACK), WRITE_BACK, SYNC_FILE_RANGE_WRITE);
        return r;
}

static void *write_all_chunks(void *userdata) {
        Writer *w = userdata;

        pthread_mutex_lock(&w->lock);
        for (;;) {
                int r;

                while (w->written == w->filled && !w->over)
                        pthread_cond_wait(&w->changed, &w->lock);
                if (w->written == w->filled || w->error < 0)
                        break;
                pthread_mutex_unlock(&w->lock);
                r = write_chunk(w, w->written);
                pthread_mutex_lock(&w->lock);
                w->error = r;
                w->written++;
                pthread_cond_signal(&w->changed);
        }
        pthread_mutex_unlock(&w->lock);
        return NULL;
}

/* Waits for a free buffer. */
static int next_buffer(Writer *w) {
        int r;

        pthread_mutex_lock(&w->lock);
        while (w->filled - w->written == CHUNKS && w->error == 0)
                pthread_cond_wait(&w->changed, &w->lock);
        r = w->error;
        pthread_mutex_unlock(&w->lock);
        return r;
}

static void tell(Writer *w, uint64_t filled, bool over) {
        pthread_mutex_lock(&w->lock);
        w->filled = filled;
        w->over = over;
        pthread_cond_signal(&w->changed);
        pthread_mutex_unlock(&w->lock);
}

static int read_and_digest(Writer *w, int in_fd, gnutls_hash_hd_t hash) {
        uint64_t n = (w->size + CHUNK - 1) / CHUNK;

        for (uint64_t i = 0; i < n; i++) {
                View v = chunk(w, i);
                int r;

                r = next_buffer(w);
                if (r == 0)
                        r = pdf_read_at(in_fd, i * CHUNK, w->buffers + i % CHUNKS * CHUNK, v.len);
                if (r < 0)
                        return r;
                tell(w, i + 1, false);
                r = digest(hash, v.data, v.len);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int copy_large(Writer *w, int in_fd, gnutls_hash_hd_t hash) {
        pthread_t thread;
        int r;

        if (thread_start("copy", write_all_chunks, w, &thread) < 0)
                return copy_small(in_fd, w->fd, w->size, hash, w->buffers);
        r = read_and_digest(w, in_fd, hash);
        tell(w, w->filled, true);
        pthread_join(thread, NULL);
        return r < 0 ? r : w->error;
}

int copy_digested(int in_fd, int out_fd, uint64_t size, gnutls_hash_hd_t hash) {
        bool large = size >= LARGE && in_fd != out_fd;
        Writer w = { .fd = out_fd, .size = size, .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
        int r;

        w.buffers = malloc(large ? CHUNKS * CHUNK : CHUNK);
        if (!w.buffers)
                return -ENOMEM;
        r = large ? copy_large(&w, in_fd, hash) : copy_small(in_fd, out_fd, size, hash, w.buffers);
        free(w.buffers);
        return r;
}
