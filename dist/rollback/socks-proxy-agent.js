"use strict";exports.id=843,exports.ids=[843],exports.modules={5843:((d,E,_)=>{_.d(E,{SocksProxyAgent:()=>s.x3});var s=_(1099),D=_(2098),P=_(3332),M=_(4139),O=_(4434);(0,s.UD)()})};
