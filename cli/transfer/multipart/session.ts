import { partsOf } from '../../../protocol/parts.ts';
import { isUserError } from '../../errors.ts';
import { forEachAtOnce, type Pool } from '../pacing/pool.ts';
import { type Plan, planOfParts } from '../plan.ts';
import type { ObjectUpload, Stored } from '../put-object.ts';
import type { Segment } from '../sources/segment.ts';
import type { EdgeClient } from '../wire/edge-client.ts';
import { possiblyOwnObject } from '../wire/refusals.ts';
import { UploadGone } from '../wire/responses.ts';
import { abortUnfinished, type CleanUpContext, tryAbortUnanswered } from './abort.ts';
import { type Fingerprint, type JournalEntry, totalSize, unansweredSince } from './journal-entry.ts';
import type { OptionalJournal } from './journals.ts';
import { type ListedPart, listParts, reconcile } from './listings.ts';
import {
  abortUpload,
  completeUpload,
  createUpload,
  type OpenUpload,
  type PartOptions,
  putPart,
  type StoredPart,
} from './requests.ts';

export interface SessionContext extends CleanUpContext {
  readonly edge: EdgeClient;
  /** Client for clean-up requests; Ctrl-C does not cancel it at once. */
  readonly cleanUp: EdgeClient;
  /** Limits concurrent requests. `send` takes no slot, because its caller holds one while it reads the part. */
  readonly slots: Pool;
}

/** The source of a session, and its journal. */
export interface SessionTarget {
  readonly upload: ObjectUpload;
  readonly journal: OptionalJournal;
}

export interface OpenOptions {
  readonly fingerprint: Fingerprint;
  /** Time of an earlier creation without a response; ISO 8601. */
  readonly unansweredSince: string | undefined;
}

export interface ResumeChecks {
  /** The recorded upload is of the same file, to the same key, in the same way. */
  readonly isSame: (entry: JournalEntry) => boolean;
  /** Bytes of the file. */
  readonly size: number;
  /** Compares a part that only the store knows with the file; `undefined` if they differ. */
  readonly verify: (part: ListedPart, plan: Plan) => Promise<StoredPart | undefined>;
}

interface State {
  readonly id: OpenUpload;
  readonly entry: Pick<JournalEntry, 'algorithm' | 'partSize'>;
  readonly unansweredSince: string | undefined;
  readonly parts: Map<number, StoredPart>;
  /** The store may have completed it already, because its response was lost. */
  readonly mayBeComplete: boolean;
}

/** One multipart upload, from its opening or resumption to its completion or abort. */
export class MultipartSession {
  /** Bytes of each part but the last. */
  readonly partSize: number;
  /** Bytes that an earlier run had stored. */
  readonly resumedBytes: number;
  /** Time from which another upload of the key with an unknown id may be open; ISO 8601. */
  readonly unansweredSince: string | undefined;
  readonly #target: SessionTarget;
  readonly #context: SessionContext;
  readonly #state: State;
  #attempts = 1;

  private constructor(target: SessionTarget, context: SessionContext, state: State) {
    this.#target = target;
    this.#context = context;
    this.#state = state;
    this.partSize = state.entry.partSize;
    this.resumedBytes = totalSize(state.parts);
    this.unansweredSince = state.unansweredSince;
  }

  /**
   * Creates an upload at the store. The journal records it before the request, so that a run that is killed before the
   * response leaves a trace.
   */
  static async open(
    target: SessionTarget,
    { fingerprint, unansweredSince: since }: OpenOptions,
    context: SessionContext,
  ): Promise<MultipartSession> {
    const { upload, journal } = target;
    const { edge, slots, now } = context;
    const { algorithm } = fingerprint;
    const entry = { ...fingerprint, startedAt: since ?? now().toISOString() };
    let unanswered = since !== undefined;
    const create = async () => {
      await journal.begin(entry);
      return slots.run(() =>
        createUpload(edge, upload, algorithm, () => {
          unanswered = true;
        }),
      );
    };
    const id = await create().catch(async (error: unknown) => {
      if (!unanswered) await journal.remove();
      throw error;
    });
    await journal.open({ uploadId: id.uploadId, unanswered });
    const unansweredSince = unanswered ? entry.startedAt : undefined;
    return new MultipartSession(target, context, {
      id,
      entry,
      unansweredSince,
      parts: new Map(),
      mayBeComplete: false,
    });
  }

  /**
   * Resumes the upload in the journal. One of another file is aborted at the store.
   * @returns `undefined` if there is no upload to resume.
   */
  static async resume(
    target: SessionTarget,
    { isSame, size, verify }: ResumeChecks,
    context: SessionContext,
  ): Promise<MultipartSession | undefined> {
    const { journal } = target;
    const { edge, slots } = context;
    const { recorded } = journal;
    if (recorded?.opened === undefined) return undefined;
    const { entry, opened } = recorded;
    const id = { key: entry.key, uploadId: opened.uploadId };
    const since = unansweredSince(recorded);
    const start = (parts: Map<number, StoredPart>, mayBeComplete: boolean) =>
      new MultipartSession(target, context, { id, entry, unansweredSince: since, parts, mayBeComplete });
    const forget = async () => {
      if (since === undefined) await journal.remove();
      return undefined;
    };
    if (!isSame(entry)) {
      await slots.run(() => abortUpload(edge, id));
      return forget();
    }
    const plan = planOfParts(size, entry.partSize);
    const listed = await slots
      .run(() => listParts(edge, id, entry.algorithm))
      .catch((error: unknown) => {
        if (error instanceof UploadGone) return undefined;
        throw error;
      });
    if (listed === undefined) {
      // It may have been completed and the response lost. If every part is recorded, it can be completed again.
      const isWhole = partsOf(size, plan).every(({ number }) => recorded.parts.has(number));
      return isWhole ? start(new Map(recorded.parts), true) : forget();
    }
    const { kept, doubtful } = reconcile(size, plan, recorded.parts, listed);
    const parts = new Map(kept.map((part) => [part.number, part]));
    await forEachAtOnce(doubtful, slots.size, async (part) => {
      const verified = await slots.run(() => verify(part, plan));
      if (verified === undefined) return;
      parts.set(part.number, verified);
      await journal.add(verified);
    });
    return start(parts, false);
  }

  /** Whether the store has a part. */
  has(number: number): boolean {
    return this.#state.parts.has(number);
  }

  /** Bytes of the stored parts. */
  get storedBytes(): number {
    return totalSize(this.#state.parts);
  }

  /** Sends one part and verifies it. Once `retryUntil` is aborted, it is not retried. */
  async send(
    number: number,
    segment: Segment,
    { onSent, retryUntil }: Omit<PartOptions, 'algorithm'>,
  ): Promise<void> {
    const { id, entry, parts } = this.#state;
    const options = { algorithm: entry.algorithm, onSent, retryUntil };
    const { part, attempts } = await putPart(this.#context.edge, id, number, segment, options);
    parts.set(number, part);
    this.#attempts = Math.max(this.#attempts, attempts);
    await this.#target.journal.add(part);
  }

  /**
   * Completes the upload and verifies the object.
   * @throws {UserError} as `completeUpload`
   */
  async complete(): Promise<Stored> {
    const { upload, journal } = this.#target;
    const { edge, slots } = this.#context;
    const { id, entry, mayBeComplete } = this.#state;
    const { key, noClobber } = upload;
    const parts = [...this.#state.parts.values()].sort((a, b) => a.number - b.number);
    const since = this.unansweredSince;
    if (since !== undefined) {
      await slots.run(() => tryAbortUnanswered(edge, { key, since, instead: id }, this.#context));
    }
    const done = await slots
      .run(() => completeUpload(edge, id, parts, { algorithm: entry.algorithm, noClobber }))
      .catch((error: unknown) => {
        throw mayBeComplete && isUserError(error) && error.code === 'exists' ? possiblyOwnObject(key) : error;
      });
    await journal.remove();
    return {
      ...done,
      bytes: this.storedBytes,
      parts: parts.length,
      attempts: this.#attempts,
      resumedBytes: this.resumedBytes,
    };
  }

  /** Aborts the upload at the store. If that fails, its journal is kept for `uploads abort`. */
  async abort(): Promise<void> {
    const { upload, journal } = this.#target;
    const { unansweredSince } = this;
    const unfinished = { key: upload.key, open: this.#state.id, unansweredSince };
    try {
      await abortUnfinished(this.#context.cleanUp, unfinished, journal, this.#context);
    } catch (error) {
      // The error that ended the upload is reported instead.
      if (!isUserError(error)) throw error;
    }
  }
}
