/** What made-up orders are made of. */

interface Market {
  readonly locale: string
  readonly currency: string
  readonly phonePrefix: string
  readonly firstNames: readonly string[]
  readonly lastNames: readonly string[]
  readonly streets: readonly string[]
  readonly cities: readonly (readonly [city: string, region: string, zip: string])[]
  readonly banks: readonly string[]
}

export const MARKETS: readonly Market[] = [
  {
    locale: 'en',
    currency: 'USD',
    phonePrefix: '+9725',
    firstNames: ['Test', 'Maya', 'Noam', 'Daniel', "D'Arcy", 'Zoë'],
    lastNames: ['Testov', 'Levi', 'Ben-David', 'O’Neill', 'Müller', 'García'],
    streets: ['Ploshad Mira', 'HaNassi Blvd', 'Derech Hankin', 'Sderot Moshe Dayan'],
    cities: [
      ['Kiryat Mozkin', 'Kraiot', '2639809'],
      ['Haifa', 'Haifa District', '3100001'],
      ['Tel Aviv-Yafo', 'Tel Aviv', '6100001'],
    ],
    banks: ['alpha', 'leumi', 'discount'],
  },
  {
    locale: 'ru',
    currency: 'RUB',
    phonePrefix: '+7916',
    firstNames: ['Анна', 'Пётр', 'Мария', 'Фёдор', 'Ольга', 'Юрий'],
    lastNames: ['Ёлкина', 'Иванов', 'Кузнецова-Щедрина', 'Жуков', 'Цветаева', 'Эренбург'],
    streets: ['ул. Ленина', 'наб. реки Мойки', 'проспект Мира', 'Большая Морская ул.'],
    cities: [
      ['Москва', 'Московская область', '101000'],
      ['Санкт-Петербург', 'Северо-Запад', '190000'],
      ['Новосибирск', 'Сибирь', '630000'],
      ['Йошкар-Ола', 'Марий Эл', '424000'],
    ],
    banks: ['сбер', 'альфа', 'тинькофф'],
  },
  {
    locale: 'kk',
    currency: 'KZT',
    phonePrefix: '+7701',
    firstNames: ['Айгүл', 'Нұрлан', 'Дәурен', 'Сәуле'],
    lastNames: ['Әбдіров', 'Қасымова', 'Өтегенов', 'Ыбыраев'],
    streets: ['Абай даңғылы', 'Достық даңғылы', 'Төле би көшесі'],
    cities: [
      ['Алматы', 'Алматы', '050000'],
      ['Астана', 'Ақмола облысы', '010000'],
    ],
    banks: ['kaspi', 'halyk'],
  },
  {
    locale: 'pl',
    currency: 'PLN',
    phonePrefix: '+4860',
    firstNames: ['Łukasz', 'Małgorzata', 'Żaneta', 'Wojciech'],
    lastNames: ['Wójcik', 'Kowalska', 'Dąbrowski', 'Brzęczyszczykiewicz'],
    streets: ['ul. Świętokrzyska', 'al. Jerozolimskie', 'ul. Piękna'],
    cities: [
      ['Łódź', 'łódzkie', '90-001'],
      ['Kraków', 'małopolskie', '30-002'],
      ['Warszawa', 'mazowieckie', '00-001'],
    ],
    banks: ['pko', 'millennium'],
  },
  {
    locale: 'de',
    currency: 'EUR',
    phonePrefix: '+4915',
    firstNames: ['Jürgen', 'Käthe', 'Sören', 'Anneliese'],
    lastNames: ['Groß', 'Schröder', 'von der Heide', 'Weiß'],
    streets: ['Königstraße', 'Am Alten Graben', 'Übersehstraße'],
    cities: [
      ['Köln', 'Nordrhein-Westfalen', '50667'],
      ['München', 'Bayern', '80331'],
    ],
    banks: ['sparkasse', 'n26'],
  },
]

export const GOODS: readonly (readonly [name: string, brand: string, usualPrice: number])[] = [
  ['Mascaras', 'Vivienne Sabo', 453],
  ['Lipstick "Rouge" No. 5', 'Vivienne Sabo', 389],
  ['Тушь для ресниц', 'Кремль', 299],
  ['Кеды белые', 'Две мяты', 3490],
  ['Sneakers', 'Adidas', 7990],
  ['Phone case', 'Xiaomi', 590],
  ['Smartphone 12/256', 'Xiaomi', 28_990],
  ['Подарок 🎁', 'Ёлка & Ко', 1200],
  ['Самовар 3 л', 'Тула', 15_400],
  ['T-shirt', 'Gloria Jeans', 799],
  ['Термос 750 ml', 'Арктика', 1890],
  ['USB-C cable, 1 m', 'Baseus', 349],
  ['Книга «Мы»', 'АСТ', 512],
  ['Robot vacuum', 'Dreame', 34_990],
  ['Chess set', 'Ладья', 2750],
]

export const SIZES: readonly string[] = ['0', 'S', 'M', 'L', 'XL', '42', '44-46', 'one size']
export const DELIVERY_SERVICES: readonly string[] = ['meest', 'cdek', 'boxberry', 'inpost', 'dhl']
export const PROVIDERS: readonly string[] = ['wbpay', 'sbp', 'applepay', 'card']
export const MAIL_DOMAINS: readonly string[] = ['gmail.com', 'example.org', 'пример.рф', 'mail.example.net']
