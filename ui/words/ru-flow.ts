import { plural } from '../format/plural.ts'
import type { enFlow } from './en-flow.ts'

const LANGUAGE = 'ru'
const records = (count: number): string =>
  plural(LANGUAGE, count, { one: 'запись', few: 'записи', other: 'записей' })

/** Texts of the flow. */
export const ruFlow: typeof enFlow = {
  flow: {
    title: 'Поток',
    unaccounted: (n) =>
      plural(LANGUAGE, n, {
        one: 'запись не учтена',
        few: 'записи не учтены',
        other: 'записей не учтено',
      }),
    balanced: (count, n) =>
      `${plural(LANGUAGE, n, { one: 'Прочитана', other: 'Прочитано' })} ${count} ${records(n)}, и каждая на своём месте.`,
    unbalanced: 'В книге не записано, что с ними стало. Запустите аудит и не дайте топикам истечь.',
    noBooks: 'Книгу сейчас не прочитать',
    waitingForBooks: 'Открываем книгу',
    expired: (count, n) =>
      `${count} ${plural(LANGUAGE, n, { one: 'запись истекла: Kafka удалила её', few: 'записи истекли: Kafka удалила их', other: 'записей истекло: Kafka удалила их' })} до того, как кто-то прочитал.`,
    storedRate: 'Сохраняется в секунду',
    lag: 'Отставание',
    lagUnit: records,
    deadLetters: 'Недоставленные, открытые',
    total: (count) => `всего ${count}`,
    since: 'Всего: с запуска этого экземпляра.',
    pause: 'Пауза',
    resume: 'Дальше',
    paused: (time) => `Пауза: числа на ${time}`,
    live: 'В эфире',
    connecting: 'Соединяемся…',
    lost: (duration) => `Связь потеряна ${duration} назад. Числа с того времени; пробуем снова.`,
    notReady: 'Не готов: сервис сейчас не может работать.',
    held: (n, count) =>
      `${count} ${plural(LANGUAGE, n, { one: 'партиция стоит', few: 'партиции стоят', other: 'партиций стоят' })}`,
    heldWhy: 'Ничего не потеряно: записи ждут в Kafka.',
    keptFor: (duration) => `Kafka хранит их ещё ${duration}.`,
  },

  journey: {
    title: 'Путь записи',
    description: 'Из топика через шлюз в базу данных, и что уходит по дороге.',
    read: 'Прочитано из Kafka',
    waiting: 'Ждут',
    gate: { open: 'Шлюз открыт', partly: 'Шлюз прикрыт', shut: 'Шлюз закрыт', unknown: 'Шлюз' },
    heldOf: (held, all) => `стоят ${held} из ${all}`,
    duplicates: 'Повторы',
    duplicatesWhat: 'уже известны',
    stored: 'Сохранено в PostgreSQL',
    retries: 'Повторные попытки',
    waitingNow: (count) => `${count} ждут`,
    deadLetters: 'Недоставленные',
    open: (count) => `открыто ${count}`,
    what: 'Что',
    perSecond: 'В секунду',
    inAll: 'Всего',
  },

  plot: {
    title: 'Сохраняется в секунду',
    description: (now, top) => `Сейчас ${now} в секунду; больше всего за это время было ${top}.`,
    minutes: (n) => `${n} мин`,
    span: 'Показанное время',
    now: 'сейчас',
    ago: (duration) => `${duration} назад`,
    stored: 'сохранено',
    failed: 'недоставленные',
    empty: 'Линия начинается с открытия страницы.',
    latency: 'От отправки до сохранения',
    half: (time) => `Половина за ${time}`,
    nearlyAll: (time) => `99 из 100 за ${time}`,
    halfBeyond: (time) => `Половина дольше ${time}`,
    someBeyond: (time) => `больше 1 из 100 дольше ${time}`,
    nothingStored: 'С открытия страницы ничего не сохранено.',
  },

  failures: {
    title: 'Ошибки',
    none: 'С запуска этого экземпляра ошибок не было.',
    type: 'Вид',
    count: 'Записей',
    last: 'Последняя',
    types: {
      empty_value: 'Пустое значение',
      too_large: 'Слишком большая',
      malformed_utf8: 'Не UTF-8',
      malformed_json: 'Не JSON',
      invalid_order: 'Нарушает правила заказа',
      conflict: 'Другое содержимое под сохранённым uid',
      rejected_by_database: 'Отклонена базой данных',
      retries_exhausted: 'Попытки исчерпаны',
      serialization_conflict: 'Столкнулась с другой транзакцией',
      timeout: 'Заняла слишком много времени',
      unclassified: 'Неизвестная раньше',
    },
  },

  deadLetters: {
    title: 'Последние недоставленные',
    when: 'Ошибка',
    key: 'Ключ записи',
    why: 'Почему',
    record: 'Запись',
    noKey: 'нет текстового ключа',
    fresh: (count) => `новых: ${count} ↑`,
  },

  parts: {
    title: 'Партиции',
    partition: 'Партиция',
    state: 'Состояние',
    next: 'Следующее смещение',
    behind: 'Отставание',
    flowing: 'идёт',
    heldState: 'стоит',
    resumingState: 'возобновляется',
    none: 'Этот экземпляр не читает партиций.',
    reasons: {
      database_unreachable: 'база данных недоступна',
      database_busy: 'база данных занята',
      database_refuses: 'база данных не справляется: пусть кто-то посмотрит',
      schema_mismatch: 'таблица или столбец не такие, как нужно: пусть кто-то посмотрит',
      access_denied: 'нет права: его нужно выдать',
      failure_flood: 'база данных отвергает всё: пусть кто-то посмотрит',
      broker_unreachable: 'Kafka недоступна',
      log_diverged: 'журнал обрезан: нужно решение человека',
      topic_missing: 'топика нет',
      unreadable: 'записи не читаются: нужно решение человека',
      unclassified: 'неизвестная раньше ошибка',
    },
  },

  circuits: {
    title: 'Соединения',
    database: 'PostgreSQL',
    kafka: 'Kafka',
    closed: 'на связи',
    open: 'недоступна',
    openWhy: (what) => `${what} недоступна. Всё ждёт, ничего не теряется и продолжится само.`,
  },

  cache: {
    title: 'Кэш',
    off: 'Кэш выключен.',
    filled: (bytes, max) => `${bytes} из ${max}`,
    entries: (count, n) =>
      `${count} ${plural(LANGUAGE, n, { one: 'заказ', few: 'заказа', other: 'заказов' })}`,
    hits: 'Ответы из него',
    evictions: 'Уступили место',
    warmUp: (loaded) => `Прогрев: загружено ${loaded}`,
    noReads: 'ещё никто не спрашивал',
  },
}
